package io.github.jaubert.train.metrics;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * In how good an order the passages of a query come out, as the mean over queries: NDCG of the
 * first k with the grades themselves as gains (Järvelin and Kekäläinen 2002), mean reciprocal rank
 * of the first k, and mean average precision over all. Of equal scores the passage with the lower
 * grade counts as the higher, so that a model which tells nothing apart gains nothing by the order
 * of its data. Mutable.
 */
public final class RankingMetrics {
  private final int first;
  private final float relevant;
  private final double[] sums = new double[3];
  private int queries;

  /**
   * Has seen nothing yet.
   *
   * @param first how many of the best passages NDCG and MRR look at, from 1
   * @param relevant a passage is relevant for MRR and MAP if its grade is above this
   */
  public RankingMetrics(int first, float relevant) {
    if (first < 1) {
      throw new IllegalArgumentException("the first " + first + " passages: from 1");
    }
    this.first = first;
    this.relevant = relevant;
  }

  /** What is measured, in order, such as {@code ndcg@10}. */
  public List<String> names() {
    return List.of("ndcg@" + first, "mrr@" + first, "map");
  }

  /** Forgets all queries. */
  public void reset() {
    Arrays.fill(sums, 0);
    queries = 0;
  }

  /** Whether a passage of this grade is relevant. */
  public boolean isRelevant(float grade) {
    return grade > relevant;
  }

  /**
   * Adds a query.
   *
   * @param scores what the model gives its passages
   * @param grades how much each of them is worth; a negative one counts as 0 in NDCG. At least one
   *     is to be relevant
   */
  public void update(float[] scores, float[] grades) {
    int[] order =
        IntStream.range(0, scores.length)
            .boxed()
            .sorted(
                (a, b) ->
                    scores[a] == scores[b]
                        ? Float.compare(grades[a], grades[b])
                        : Float.compare(scores[b], scores[a]))
            .mapToInt(i -> i)
            .toArray();
    double gain = 0;
    double precision = 0;
    int found = 0;
    for (int rank = 1; rank <= order.length; rank++) {
      float grade = grades[order[rank - 1]];
      gain += rank <= first ? Math.max(0, grade) * RetrievalMetrics.discount(rank) : 0;
      if (isRelevant(grade)) {
        sums[1] += found == 0 && rank <= first ? 1.0 / rank : 0;
        found++;
        precision += (double) found / rank;
      }
    }
    double best = ideal(grades);
    sums[0] += best == 0 ? 0 : gain / best;
    sums[2] += found == 0 ? 0 : precision / found;
    queries++;
  }

  private double ideal(float[] grades) {
    float[] sorted = grades.clone();
    Arrays.sort(sorted);
    double gain = 0;
    for (int rank = 1; rank <= Math.min(first, sorted.length); rank++) {
      gain += Math.max(0, sorted[sorted.length - rank]) * RetrievalMetrics.discount(rank);
    }
    return gain;
  }

  /** The means by name; NaN without a query. */
  public Map<String, Double> result() {
    Map<String, Double> result = new LinkedHashMap<>();
    for (int i = 0; i < sums.length; i++) {
      result.put(names().get(i), sums[i] / queries);
    }
    return result;
  }
}
