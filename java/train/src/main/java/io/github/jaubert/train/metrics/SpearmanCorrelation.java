package io.github.jaubert.train.metrics;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * Spearman's rank correlation: Pearson's correlation of the ranks, where equal scores share the
 * mean of their ranks.
 */
public final class SpearmanCorrelation implements Metric {
  private double[] predicted = new double[256];
  private double[] actual = new double[256];
  private int count;

  /** Has seen nothing yet. */
  public SpearmanCorrelation() {}

  @Override
  public String name() {
    return "spearman";
  }

  @Override
  public void reset() {
    count = 0;
  }

  @Override
  public void update(double predicted, double actual) {
    if (count == this.predicted.length) {
      this.predicted = Arrays.copyOf(this.predicted, 2 * count);
      this.actual = Arrays.copyOf(this.actual, 2 * count);
    }
    this.predicted[count] = predicted;
    this.actual[count++] = actual;
  }

  @Override
  public double result() {
    double[] x = ranks(predicted, count);
    double[] y = ranks(actual, count);
    PearsonCorrelation pearson = new PearsonCorrelation();
    for (int i = 0; i < count; i++) {
      pearson.update(x[i], y[i]);
    }
    return pearson.result();
  }

  /** Ranks from 1; ties get their mean. */
  private static double[] ranks(double[] values, int count) {
    int[] order =
        IntStream.range(0, count)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> values[i]))
            .mapToInt(i -> i)
            .toArray();
    double[] ranks = new double[count];
    for (int first = 0; first < count; ) {
      int end = first + 1;
      while (end < count && values[order[end]] == values[order[first]]) {
        end++;
      }
      for (int i = first; i < end; i++) {
        ranks[order[i]] = (first + 1 + end) / 2.0;
      }
      first = end;
    }
    return ranks;
  }
}
