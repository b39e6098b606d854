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
   * @param rSquared the part of the variance of y, weighted as the distances are, that the line
   *     explains
   */
  public record Line(double intercept, double slope, double rSquared) {
    /** Its value at x. */
    public double at(double x) {
      return intercept + slope * x;
    }
  }

  /**
   * The line with the least squares of the relative distances {@code (line(x) - y) / y}: small and
   * large values count alike.
   *
   * @throws IllegalArgumentException unless there are two points with different x, and no y is 0
   */
  public static Line fit(double[] x, double[] y) {
    if (x.length != y.length || Arrays.stream(y).anyMatch(value -> value == 0)) {
      throw noLine(x, y);
    }
    double[] weights = Arrays.stream(y).map(value -> 1 / (value * value)).toArray();
    double meanX = mean(x, weights);
    double meanY = mean(y, weights);
    double xx = 0;
    double xy = 0;
    double yy = 0;
    for (int i = 0; i < x.length; i++) {
      xx += weights[i] * (x[i] - meanX) * (x[i] - meanX);
      xy += weights[i] * (x[i] - meanX) * (y[i] - meanY);
      yy += weights[i] * (y[i] - meanY) * (y[i] - meanY);
    }
    if (!(xx > 0)) {
      throw noLine(x, y);
    }
    double slope = xy / xx;
    return new Line(meanY - slope * meanX, slope, yy == 0 ? 1 : xy * xy / (xx * yy));
  }

  private static double mean(double[] values, double[] weights) {
    double sum = 0;
    double all = 0;
    for (int i = 0; i < values.length; i++) {
      sum += weights[i] * values[i];
      all += weights[i];
    }
    return sum / all;
  }

  private static IllegalArgumentException noLine(double[] x, double[] y) {
    return new IllegalArgumentException(
        "a line through %s and %s".formatted(Arrays.toString(x), Arrays.toString(y)));
  }
}
