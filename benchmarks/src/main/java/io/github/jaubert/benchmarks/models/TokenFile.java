package io.github.jaubert.benchmarks.models;

import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.tensor.PackedSequences;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Sentences as token ids in a text file, so that every program works on the same ones and none of
 * them needs a tokenizer. A line is {@code label TAB ids TAB segments}, the numbers of a list with
 * blanks between them.
 */
public final class TokenFile {
  /** One sentence, or a pair of them. */
  public record Sentence(int label, int[] ids, int[] segments) {
    String line() {
      return label + "\t" + join(ids) + "\t" + join(segments);
    }

    private static String join(int[] numbers) {
      return Arrays.stream(numbers).mapToObj(String::valueOf).collect(Collectors.joining(" "));
    }
  }

  /** Sentences packed end to end, and their labels. */
  record Labelled(TokenBatch tokens, int[] labels) {}

  private TokenFile() {}

  /** Writes the sentences in this order. */
  public static void write(Path file, List<Sentence> sentences) {
    try {
      Files.write(file, sentences.stream().map(Sentence::line).toList());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Reads them back.
   *
   * @throws IllegalArgumentException if a line is not as described, with file and line
   */
  public static List<Sentence> read(Path file) {
    List<Sentence> sentences = new ArrayList<>();
    try {
      for (String line : Files.readAllLines(file)) {
        String[] cells = line.split("\t");
        try {
          sentences.add(
              new Sentence(Integer.parseInt(cells[0]), numbers(cells[1]), numbers(cells[2])));
        } catch (RuntimeException e) {
          throw new IllegalArgumentException(
              "%s, line %d: expected label, ids and segments: %s"
                  .formatted(file, sentences.size() + 1, line),
              e);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return sentences;
  }

  private static int[] numbers(String cell) {
    return Arrays.stream(cell.split(" ")).mapToInt(Integer::parseInt).toArray();
  }

  /** Batches of {@code size} sentences in the order of the file, the last with what is left. */
  static List<Labelled> batches(Path file, int size) {
    List<Sentence> sentences = read(file);
    List<Labelled> batches = new ArrayList<>();
    for (int i = 0; i < sentences.size(); i += size) {
      batches.add(pack(sentences.subList(i, Math.min(i + size, sentences.size()))));
    }
    return batches;
  }

  private static Labelled pack(List<Sentence> sentences) {
    PackedSequences lengths =
        PackedSequences.of(sentences.stream().mapToInt(s -> s.ids().length).toArray());
    int[] ids = sentences.stream().flatMapToInt(s -> Arrays.stream(s.ids())).toArray();
    int[] segments = sentences.stream().flatMapToInt(s -> Arrays.stream(s.segments())).toArray();
    int[] labels = sentences.stream().mapToInt(Sentence::label).toArray();
    return new Labelled(new TokenBatch(ids, segments, lengths), labels);
  }
}
