package io.github.jaubert.benchmarks.models;

import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Rng;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Sentences packed end to end, and a label for each. */
record LabelledBatch(TokenBatch tokens, int[] labels) {
  private static final int FIRST_WORD = 1_000;
  private static final int WORDS = 29_000;

  /**
   * Random words, ids from 1,000 to 29,999, in sequences of these lengths; labels are 0, 1, 0, 1, …
   */
  static LabelledBatch random(long seed, int... lengths) {
    PackedSequences packed = PackedSequences.of(lengths);
    Rng rng = Rng.of(seed);
    int[] ids =
        IntStream.range(0, packed.tokens()).map(i -> FIRST_WORD + rng.nextInt(WORDS)).toArray();
    int[] labels = IntStream.range(0, lengths.length).map(i -> i % 2).toArray();
    return new LabelledBatch(new TokenBatch(ids, new int[ids.length], packed), labels);
  }

  /**
   * Batches of {@code size} sentences in the order of a file, the last with what is left. A line is
   * {@code label TAB ids TAB segments}, the numbers of a list with blanks between them, so that
   * every program works on the same sentences and none needs a tokenizer.
   *
   * @throws IllegalArgumentException if a line is not as described, with file and line
   */
  static List<LabelledBatch> read(Path file, int size) {
    try {
      List<String> lines = Files.readAllLines(file);
      List<LabelledBatch> batches = new ArrayList<>();
      for (int i = 0; i < lines.size(); i += size) {
        int end = Math.min(i + size, lines.size());
        batches.add(parse(file, i, lines.subList(i, end)));
      }
      return batches;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static LabelledBatch parse(Path file, int before, List<String> lines) {
    int[] labels = new int[lines.size()];
    int[][] ids = new int[lines.size()][];
    int[][] segments = new int[lines.size()][];
    for (int i = 0; i < labels.length; i++) {
      String[] cells = lines.get(i).split("\t");
      try {
        labels[i] = Integer.parseInt(cells[0]);
        ids[i] = numbers(cells[1]);
        segments[i] = numbers(cells[2]);
      } catch (RuntimeException e) {
        throw new IllegalArgumentException(
            "%s, line %d: expected label, ids and segments: %s"
                .formatted(file, before + i + 1, lines.get(i)),
            e);
      }
    }
    int[] lengths = Arrays.stream(ids).mapToInt(sentence -> sentence.length).toArray();
    TokenBatch tokens = new TokenBatch(joined(ids), joined(segments), PackedSequences.of(lengths));
    return new LabelledBatch(tokens, labels);
  }

  /** Tokens of each sentence. */
  int[] lengths() {
    return IntStream.range(0, labels.length).map(i -> tokens.lengths().length(i)).toArray();
  }

  private static int[] numbers(String cell) {
    return Arrays.stream(cell.split(" ")).mapToInt(Integer::parseInt).toArray();
  }

  private static int[] joined(int[][] parts) {
    return Arrays.stream(parts).flatMapToInt(Arrays::stream).toArray();
  }

  /** The numbers of a cell of such a line. */
  static String cell(int[] numbers) {
    return Arrays.toString(numbers).replaceAll("[\\[\\],]", "");
  }
}
