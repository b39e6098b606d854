package io.github.jaubert.benchmarks.models;

import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Rng;
import java.util.Arrays;

/** Batches of random words: ids from 1,000 to 29,999, which in BERT's vocabulary are words. */
final class RandomTokens {
  private static final int FIRST_WORD = 1_000;
  private static final int WORDS = 29_000;

  private RandomTokens() {}

  /** {@code batch} sequences of {@code sequence} tokens each. */
  static TokenBatch of(int batch, int sequence, long seed) {
    int[] lengths = new int[batch];
    Arrays.fill(lengths, sequence);
    return of(lengths, seed);
  }

  /** Sequences of these lengths. */
  static TokenBatch of(int[] lengths, long seed) {
    PackedSequences packed = PackedSequences.of(lengths);
    int[] ids = new int[packed.tokens()];
    Rng rng = Rng.of(seed);
    for (int i = 0; i < ids.length; i++) {
      ids[i] = FIRST_WORD + rng.nextInt(WORDS);
    }
    return new TokenBatch(ids, new int[ids.length], packed);
  }

  /** 0, 1, 0, 1, … */
  static int[] labels(int batch) {
    int[] labels = new int[batch];
    for (int i = 0; i < batch; i++) {
      labels[i] = i % 2;
    }
    return labels;
  }
}
