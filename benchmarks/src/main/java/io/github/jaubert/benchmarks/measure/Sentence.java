package io.github.jaubert.benchmarks.measure;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A sentence as token ids, so that every program works on the same ones and none needs a tokenizer.
 * A line of a file is {@code label TAB ids TAB segments}, the numbers with blanks between them.
 */
public record Sentence(int label, int[] ids, int[] segments) {
  /**
   * The sentences of a file.
   *
   * @throws IllegalArgumentException if a line is not as described, with file and line
   */
  public static List<Sentence> read(Path file) {
    List<Sentence> sentences = new ArrayList<>();
    try {
      for (String line : Files.readAllLines(file)) {
        try {
          String[] cells = line.split("\t");
          int label = Integer.parseInt(cells[0]);
          sentences.add(new Sentence(label, numbers(cells[1]), numbers(cells[2])));
        } catch (RuntimeException e) {
          throw new IllegalArgumentException(
              "%s, line %d: expected label, ids and segments: %s"
                  .formatted(file, sentences.size() + 1, line),
              e);
        }
      }
      return sentences;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** As a line of such a file. */
  public String line() {
    return label + "\t" + cell(ids) + "\t" + cell(segments);
  }

  private static int[] numbers(String cell) {
    return Arrays.stream(cell.split(" ")).mapToInt(Integer::parseInt).toArray();
  }

  private static String cell(int[] numbers) {
    return Arrays.toString(numbers).replaceAll("[\\[\\],]", "");
  }

  /** Parts of at most {@code size} in a row, the last with what is left. */
  public static <T> List<List<T>> cut(List<T> all, int size) {
    List<List<T>> parts = new ArrayList<>();
    for (int i = 0; i < all.size(); i += size) {
      parts.add(all.subList(i, Math.min(i + size, all.size())));
    }
    return parts;
  }
}
