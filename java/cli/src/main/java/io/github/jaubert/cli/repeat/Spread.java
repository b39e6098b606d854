package io.github.jaubert.cli.repeat;

import java.util.Arrays;
import java.util.Collection;

/**
 * What several runs measured, in a few numbers.
 *
 * @param median the mean of two in the middle, if there are
 * @param deviation the standard deviation of a sample, with n - 1 below; 0 of one value
 */
public record Spread(double median, double least, double largest, double mean, double deviation) {
  /** Of at least one value. */
  public static Spread of(double... values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int count = sorted.length;
    double median = (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
    double mean = Arrays.stream(sorted).average().orElseThrow();
    double squares = Arrays.stream(sorted).map(value -> (value - mean) * (value - mean)).sum();
    return new Spread(
        median, sorted[0], sorted[count - 1], mean, Math.sqrt(squares / Math.max(1, count - 1)));
  }

  public static Spread of(Collection<Double> values) {
    return of(values.stream().mapToDouble(Double::doubleValue).toArray());
  }
}
