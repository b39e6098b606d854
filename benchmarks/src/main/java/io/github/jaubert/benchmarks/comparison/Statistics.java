package io.github.jaubert.benchmarks.comparison;

import java.util.Arrays;
import java.util.Collection;

/** Medians, and a straight line through points. */
public final class Statistics {
  private Statistics() {}

  /**
   * The middle one, or the mean of the two in the middle.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static double median(double... values) {
    if (values.length == 0) {
      throw new IllegalArgumentException("the median of no values");
    }
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
  }

  /** The same of a collection. */
  public static double median(Collection<Double> values) {
    return median(values.stream().mapToDouble(Double::doubleValue).toArray());
  }

  /**
   * A straight line {@code y = intercept + slope x}.
   *
   * @param rSquared the part of the variance of y that the line explains
   */
  public record Line(double intercept, double slope, double rSquared) {
    /** Its value at x. */
    public double at(double x) {
      return intercept + slope * x;
    }
  }

  /**
   * The line with the least squares of the distances in y.
   *
   * @throws IllegalArgumentException unless there are two points with different x
   */
  public static Line fit(double[] x, double[] y) {
    double meanX = Arrays.stream(x).average().orElse(Double.NaN);
    double meanY = Arrays.stream(y).average().orElse(Double.NaN);
    double xx = 0;
    double xy = 0;
    double yy = 0;
    for (int i = 0; i < x.length; i++) {
      xx += (x[i] - meanX) * (x[i] - meanX);
      xy += (x[i] - meanX) * (y[i] - meanY);
      yy += (y[i] - meanY) * (y[i] - meanY);
    }
    if (!(xx > 0) || x.length != y.length) {
      throw new IllegalArgumentException(
          "a line through %s and %s".formatted(Arrays.toString(x), Arrays.toString(y)));
    }
    double slope = xy / xx;
    return new Line(meanY - slope * meanX, slope, yy == 0 ? 1 : xy * xy / (xx * yy));
  }
}
