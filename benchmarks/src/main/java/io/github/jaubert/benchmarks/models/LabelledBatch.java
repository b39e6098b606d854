package io.github.jaubert.benchmarks.models;

import io.github.jaubert.benchmarks.measure.Sentence;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Rng;
import java.nio.file.Path;
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

  /** Batches of {@code size} sentences in the order of a file, the last with what is left. */
  static List<LabelledBatch> read(Path file, int size) {
    return Sentence.cut(Sentence.read(file), size).stream().map(LabelledBatch::of).toList();
  }

  private static LabelledBatch of(List<Sentence> part) {
    int[] lengths = part.stream().mapToInt(sentence -> sentence.ids().length).toArray();
    int[] ids = part.stream().map(Sentence::ids).flatMapToInt(Arrays::stream).toArray();
    int[] segments = part.stream().map(Sentence::segments).flatMapToInt(Arrays::stream).toArray();
    int[] labels = part.stream().mapToInt(Sentence::label).toArray();
    return new LabelledBatch(new TokenBatch(ids, segments, PackedSequences.of(lengths)), labels);
  }

  /** Tokens of each sentence. */
  int[] lengths() {
    return IntStream.range(0, labels.length).map(i -> tokens.lengths().length(i)).toArray();
  }
}
