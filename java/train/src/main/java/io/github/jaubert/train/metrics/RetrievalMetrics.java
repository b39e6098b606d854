package io.github.jaubert.train.metrics;

import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How high the documents that are relevant to a query rank among all, as the mean over queries:
 * NDCG (Järvelin and Kekäläinen 2002), mean reciprocal rank and recall of the first 10, and whether
 * the first is relevant. Of equal scores, that of the earlier document counts as the higher.
 * Mutable.
 */
public final class RetrievalMetrics {
  private static final int FIRST = 10;

  /** What is measured, in order. */
  public static final List<String> NAMES = List.of("ndcg@10", "mrr@10", "recall@10", "accuracy@1");

  private final double[] sums = new double[NAMES.size()];
  private int queries;

  /** Has seen nothing yet. */
  public RetrievalMetrics() {}

  /**
   * Adds a query.
   *
   * @param scores of all documents, the higher the more relevant
   * @param relevant which of them are relevant, at least one
   */
  public void update(float[] scores, BitSet relevant) {
    double gain = 0;
    double ideal = 0;
    int best = Integer.MAX_VALUE;
    int found = 0;
    int count = 0;
    for (int i = relevant.nextSetBit(0); i >= 0; i = relevant.nextSetBit(i + 1)) {
      int rank = rank(scores, i);
      best = Math.min(best, rank);
      if (rank <= FIRST) {
        gain += discount(rank);
        found++;
      }
      count++;
      ideal += count <= FIRST ? discount(count) : 0;
    }
    sums[0] += gain / ideal;
    sums[1] += best <= FIRST ? 1.0 / best : 0;
    sums[2] += (double) found / count;
    sums[3] += best == 1 ? 1 : 0;
    queries++;
  }

  static double discount(int rank) {
    return Math.log(2) / Math.log(rank + 1.0);
  }

  private static int rank(float[] scores, int document) {
    int rank = 1;
    for (int i = 0; i < scores.length; i++) {
      if (scores[i] > scores[document] || scores[i] == scores[document] && i < document) {
        rank++;
      }
    }
    return rank;
  }

  /** The means by name; NaN without a query. */
  public Map<String, Double> result() {
    Map<String, Double> result = new LinkedHashMap<>();
    for (int i = 0; i < sums.length; i++) {
      result.put(NAMES.get(i), sums[i] / queries);
    }
    return result;
  }
}
