package io.github.jaubert.train.data;

import java.util.List;

/**
 * A sentence as words, with a tag for each.
 *
 * @param words the words, without what stood between them
 * @param tags the tag of each word, such as {@code B-PER} or {@code O}
 * @param line where the sentence begins in its file, counted from 1; 0 if it came from no file
 */
public record TaggedSentence(List<String> words, List<String> tags, long line) {
  /**
   * Checks and copies.
   *
   * @throws IllegalArgumentException if there are not as many tags as words, or a tag is empty
   */
  public TaggedSentence {
    words = List.copyOf(words);
    tags = List.copyOf(tags);
    if (words.size() != tags.size()) {
      throw new IllegalArgumentException(
          "a sentence of %d words and %d tags".formatted(words.size(), tags.size()));
    }
    if (tags.contains("")) {
      throw new IllegalArgumentException(
          "the tag of the word '" + words.get(tags.indexOf("")) + "' is empty");
    }
  }

  /** A sentence that came from no file. */
  public static TaggedSentence of(List<String> words, List<String> tags) {
    return new TaggedSentence(words, tags, 0);
  }
}
