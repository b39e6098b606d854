package io.github.jaubert.bert;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.autograd.Gradcheck;
import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.Arrays;
import java.util.Random;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MaxSimTest {
  /** Every fifth token is not scored, but never the first of a document. */
  private static final IntPredicate SCORED = id -> id % 5 != 4;

  private static TokenBatch documents(Random random, int... lengths) {
    PackedSequences packed = PackedSequences.of(lengths);
    int[] ids = random.ints(packed.tokens(), 0, 100).toArray();
    for (int start : Arrays.copyOf(packed.cuSeqlens(), packed.count())) {
      ids[start] = 0;
    }
    return new TokenBatch(ids, new int[ids.length], packed);
  }

  private static float[] numbers(Random random, int count) {
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = (float) random.nextGaussian();
    }
    return numbers;
  }

  private record Reference(float[] scores, double margin) {}

  /** In double precision, and by how much the nearest token is nearer than the next, at least. */
  private static Reference reference(
      float[] queries, PackedSequences lengths, float[] documents, TokenBatch batch, int width) {
    int[] begin = lengths.cuSeqlens();
    int[] starts = batch.lengths().cuSeqlens();
    float[] scores = new float[lengths.count() * batch.count()];
    double margin = Double.POSITIVE_INFINITY;
    for (int q = 0; q < lengths.count(); q++) {
      for (int d = 0; d < batch.count(); d++) {
        double sum = 0;
        for (int i = begin[q]; i < begin[q + 1]; i++) {
          double best = Double.NEGATIVE_INFINITY;
          double next = Double.NEGATIVE_INFINITY;
          for (int j = starts[d]; j < starts[d + 1]; j++) {
            double product = 0;
            for (int k = 0; k < width; k++) {
              product += (double) queries[i * width + k] * documents[j * width + k];
            }
            if (SCORED.test(batch.inputIds()[j])) {
              next = Math.max(next, Math.min(best, product));
              best = Math.max(best, product);
            }
          }
          sum += best;
          margin = Math.min(margin, best - next);
        }
        scores[q * batch.count() + d] = (float) sum;
      }
    }
    return new Reference(scores, margin);
  }

  private static Tensor scores(
      Tensor queries, PackedSequences lengths, Tensor documents, TokenBatch batch, long most) {
    return MaxSim.scores(
        queries,
        lengths,
        Tensor.of(MaxSim.counts(lengths), lengths.count(), 1),
        documents,
        ScoredTokens.of(batch, SCORED).tensor(documents.device()),
        most);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 700, Long.MAX_VALUE})
  void scoresAreThoseOfTheFormula(long most) {
    long seed = Seeds.SEED;
    Random random = new Random(seed);
    PackedSequences lengths = PackedSequences.of(1, 13, 4, 7);
    TokenBatch batch = documents(random, 17, 1, 2, 31, 5);
    int width = 11;
    float[] queries = numbers(random, lengths.tokens() * width);
    float[] documents = numbers(random, batch.tokens() * width);
    try (Scope scope = Scope.open()) {
      Tensor scores =
          scores(
              Tensor.of(queries, lengths.tokens(), width),
              lengths,
              Tensor.of(documents, batch.tokens(), width),
              batch,
              most);
      assertEquals("[4, 5]", scores.shape().toString());
      assertArrayEquals(
          reference(queries, lengths, documents, batch, width).scores(),
          scores.toFloats(),
          1e-3f,
          "seed " + seed);
    }
  }

  @Test
  void gradientsGoToTheNearestTokens() {
    PackedSequences lengths = PackedSequences.of(2, 1);
    int width = 3;
    // Differences are taken of values whose nearest tokens are the same on both sides.
    Random random = new Random(Seeds.SEED);
    for (int attempt = 0; attempt < 10_000; attempt++) {
      TokenBatch batch = documents(random, 3, 1, 4);
      float[] queries = numbers(random, lengths.tokens() * width);
      float[] documents = numbers(random, batch.tokens() * width);
      if (reference(queries, lengths, documents, batch, width).margin() > 0.2) {
        try (Scope scope = Scope.open()) {
          for (long most : new long[] {1, Long.MAX_VALUE}) {
            Gradcheck.verify(
                (q, d) -> scores(q, lengths, d, batch, most),
                Tensor.of(queries, lengths.tokens(), width),
                Tensor.of(documents, batch.tokens(), width));
          }
        }
        return;
      }
    }
    throw new AssertionError("no draw had clear maxima");
  }

  @Test
  void aDocumentWithNothingToScoreIsRefused() {
    TokenBatch batch =
        new TokenBatch(new int[] {0, 1, 4, 9, 14}, new int[5], PackedSequences.of(2, 3));
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> ScoredTokens.of(batch, SCORED));
    assertTrue(refused.getMessage().contains("document 1"), refused.getMessage());
  }
}
