package io.github.jaubert.train.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.jaubert.fixture.Seeds;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RankingMetricsTest {
  private static double log2(double x) {
    return Math.log(x) / Math.log(2);
  }

  private static Map<String, Double> of(int first, float relevant, float[] scores, float[] grades) {
    RankingMetrics metrics = new RankingMetrics(first, relevant);
    metrics.update(scores, grades);
    return metrics.result();
  }

  @Test
  void figuresWorkedOutByHand() {
    // In order of the scores the grades are 0, 2, 1, 0, 3.
    float[] scores = {0.1f, 0.9f, 0.5f, -1, 0.7f};
    float[] grades = {0, 0, 1, 3, 2};
    Map<String, Double> all = of(10, 0, scores, grades);
    assertEquals(List.of("ndcg@10", "mrr@10", "map"), List.copyOf(all.keySet()));
    double gain = 2 / log2(3) + 1 / log2(4) + 3 / log2(6);
    double ideal = 3 + 2 / log2(3) + 1 / log2(4);
    assertEquals(gain / ideal, all.get("ndcg@10"), 1e-12);
    assertEquals(0.5, all.get("mrr@10"), 1e-12);
    assertEquals((1 / 2.0 + 2 / 3.0 + 3 / 5.0) / 3, all.get("map"), 1e-12);
    Map<String, Double> two = of(2, 2, scores, grades);
    assertEquals(2 / log2(3) / (3 + 2 / log2(3)), two.get("ndcg@2"), 1e-12);
    assertEquals(0, two.get("mrr@2"), 1e-12); // the only one above 2 comes last
    assertEquals(0.2, two.get("map"), 1e-12);
  }

  /** As sklearn's ndcg_score and average_precision_score give, and the mean over two queries. */
  @Test
  void figuresOfSklearn() {
    RankingMetrics metrics = new RankingMetrics(3, 0);
    metrics.update(
        new float[] {0.3f, -0.2f, 1.7f, 0.9f, 0.05f, 2.4f},
        new float[] {0.5f, 1, 0, 0.25f, 0.75f, 0});
    assertEquals(0.07253957, metrics.result().get("ndcg@3"), 1e-6);
    assertEquals(0.525, metrics.result().get("map"), 1e-6);
    metrics.update(new float[] {2, 1}, new float[] {1, 0});
    assertEquals((1 + 0.07253957) / 2, metrics.result().get("ndcg@3"), 1e-6);
    assertEquals((1 + 1 / 3.0) / 2, metrics.result().get("mrr@3"), 1e-12);
    metrics.reset();
    assertEquals(Double.NaN, metrics.result().get("map"));
  }

  @Test
  void ofEqualScoresTheWorseIsHigherWhateverTheOrder() {
    List<Float> grades = new ArrayList<>(List.of(1f, 0f, 0f, 0f));
    Collections.shuffle(grades);
    float[] all = new float[4];
    for (int i = 0; i < all.length; i++) {
      all[i] = grades.get(i);
    }
    assertEquals(0.25, of(10, 0, new float[4], all).get("mrr@10"), 1e-12);
    assertEquals(1 / log2(5), of(10, 0, new float[4], all).get("ndcg@10"), 1e-12);
  }

  @Test
  void zerosAndOnesAreAsOfRetrieval() {
    Random random = new Random(Seeds.SEED);
    RankingMetrics ranking = new RankingMetrics(10, 0);
    RetrievalMetrics retrieval = new RetrievalMetrics();
    for (int query = 0; query < 20; query++) {
      float[] scores = new float[1 + random.nextInt(30)];
      float[] grades = new float[scores.length];
      BitSet relevant = new BitSet();
      relevant.set(random.nextInt(scores.length));
      for (int i = 0; i < scores.length; i++) {
        scores[i] = random.nextFloat() + 2 * i; // no two are equal
        relevant.set(i, relevant.get(i) || random.nextInt(4) == 0);
        grades[i] = relevant.get(i) ? 1 : 0;
      }
      ranking.update(scores, grades);
      retrieval.update(scores, relevant);
    }
    for (String name : List.of("ndcg@10", "mrr@10")) {
      assertEquals(retrieval.result().get(name), ranking.result().get(name), 1e-9, name);
    }
  }

  @Test
  void noneOfTheFirstIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> new RankingMetrics(0, 0));
  }
}
