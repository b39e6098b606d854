package io.github.jaubert.train.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.jaubert.fixture.Seeds;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RetrievalMetricsTest {
  private static BitSet places(int... places) {
    BitSet set = new BitSet();
    for (int place : places) {
      set.set(place);
    }
    return set;
  }

  @Test
  void figuresWorkedOutByHand() {
    RetrievalMetrics metrics = new RetrievalMetrics();
    // Ranks 2 and 4 of two relevant ones; then rank 1 of one.
    metrics.update(new float[] {0.9f, 0.8f, 0.7f, 0.6f, 0.5f}, places(1, 3));
    metrics.update(new float[] {0.1f, 0.2f}, places(1));
    Map<String, Double> result = metrics.result();
    assertEquals(RetrievalMetrics.NAMES, List.copyOf(result.keySet()));
    double gain = 1 / (Math.log(3) / Math.log(2)) + 1 / (Math.log(5) / Math.log(2));
    double ideal = 1 + 1 / (Math.log(3) / Math.log(2));
    assertEquals((gain / ideal + 1) / 2, result.get("ndcg@10"), 1e-12);
    assertEquals(0.75, result.get("mrr@10"), 1e-12);
    assertEquals(1, result.get("recall@10"), 1e-12);
    assertEquals(0.5, result.get("accuracy@1"), 1e-12);
  }

  @Test
  void onlyTheFirstTenCount() {
    RetrievalMetrics metrics = new RetrievalMetrics();
    float[] scores = new float[12];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = -i;
    }
    metrics.update(scores, places(9, 10));
    assertEquals(0.1, metrics.result().get("mrr@10"), 1e-12);
    assertEquals(0.5, metrics.result().get("recall@10"), 1e-12);
    metrics.update(scores, places(10));
    assertEquals(0.05, metrics.result().get("mrr@10"), 1e-12);
    assertEquals(0.25, metrics.result().get("recall@10"), 1e-12);
  }

  @Test
  void ofEqualScoresTheEarlierIsHigher() {
    RetrievalMetrics metrics = new RetrievalMetrics();
    int place = new Random(Seeds.SEED).nextInt(8);
    metrics.update(new float[8], places(place));
    assertEquals(1.0 / (place + 1), metrics.result().get("mrr@10"), 1e-12);
  }
}
