package io.github.jaubert.train.corpus;

import io.github.jaubert.bert.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A small vocabulary with pieces of words, and documents in its words. */
final class RandomText {
  static final List<String> WORDS =
      List.of(
          "The", "dog", "runs", "running", "dogs", "far", "farther", "cat", "東京", "naïve", "unseen",
          "a", "aaaa", "run");

  private RandomText() {}

  /**
   * A tokenizer of the vocabulary.
   *
   * @param size of the vocabulary, which is filled with words that no text has; at least 40
   */
  static Tokenizer tokenizer(Path folder, int size) throws IOException {
    List<String> vocabulary =
        new ArrayList<>(List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ".", "!", ",", "\""));
    for (int i = 0; vocabulary.size() < size - 14; i++) {
      vocabulary.add("filler" + i);
    }
    vocabulary.addAll(
        List.of("the", "dog", "##s", "run", "##ning", "far", "##ther", "cat", "東", "京", "naive"));
    vocabulary.addAll(List.of("a", "##a", "##aa"));
    Files.createDirectories(folder);
    Files.write(folder.resolve("vocab.txt"), vocabulary);
    return Tokenizer.fromPretrained(folder);
  }

  /** Documents of paragraphs of sentences. */
  static List<List<String>> documents(Random random, int count) {
    List<List<String>> documents = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      List<String> paragraphs = new ArrayList<>();
      for (int p = 1 + random.nextInt(4); p > 0; p--) {
        paragraphs.add(paragraph(random, 1 + random.nextInt(8)));
      }
      documents.add(paragraphs);
    }
    return documents;
  }

  private static String paragraph(Random random, int sentences) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < sentences; i++) {
      text.append(text.isEmpty() ? "" : " ").append("The");
      for (int w = random.nextInt(12); w > 0; w--) {
        text.append(' ').append(WORDS.get(random.nextInt(WORDS.size())));
      }
      text.append(random.nextInt(3) == 0 ? "!" : ".");
    }
    return text.toString();
  }

  /** A document a block of lines. */
  static String blocks(List<List<String>> documents) {
    StringBuilder text = new StringBuilder();
    documents.forEach(document -> text.append(String.join("\n", document)).append("\n\n"));
    return text.toString();
  }
}
