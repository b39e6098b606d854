package io.github.jaubert.train.data;

import io.github.jaubert.bert.tokenizer.Encoding;
import java.util.Arrays;
import java.util.List;

/** Which word of a sentence each of its tokens belongs to, as Hugging Face's {@code word_ids()}. */
public final class WordIds {
  /** For a token that belongs to no word, such as [CLS]. */
  public static final int NONE = -1;

  private WordIds() {}

  /** The words with a space between: what is to be encoded. */
  public static String join(List<String> words) {
    return String.join(" ", words);
  }

  /**
   * Finds the words by the offsets of the tokens.
   *
   * @param encoding of {@link #join join(words)}
   * @return for each token the place of its word, from 0, or {@link #NONE}
   */
  public static int[] of(Encoding encoding, List<String> words) {
    int[][] offsets = encoding.offsets();
    int[] ids = new int[offsets.length];
    Arrays.fill(ids, NONE);
    int word = 0;
    int start = 0; // of the word in the text
    for (int i = 0; i < offsets.length; i++) {
      if (offsets[i][1] == 0) {
        continue; // a special token
      }
      while (word < words.size() && start + words.get(word).length() <= offsets[i][0]) {
        start += words.get(word).length() + 1;
        word++;
      }
      // A token may be of the space alone that stands before the word.
      if (word < words.size() && start < offsets[i][1]) {
        ids[i] = word;
      }
    }
    return ids;
  }
}
