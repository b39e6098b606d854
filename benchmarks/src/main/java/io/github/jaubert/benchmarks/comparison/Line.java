package io.github.jaubert.benchmarks.comparison;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.regex.Pattern;

/**
 * A straight line {@code y = intercept + slope x}.
 *
 * @param rSquared the part of the variance of y, weighted as the distances are, that the line
 *     explains
 */
record Line(double intercept, double slope, double rSquared) {
  /** Its value at x. */
  double at(double x) {
    return intercept + slope * x;
  }

  /**
   * Our milliseconds by size, of works that differ in the number which their names end with: {@code
   * growth, tokens 512}.
   */
  static Map<Double, Double> points(Results results, String name) {
    Map<Double, Double> points = new TreeMap<>();
    results
        .ours("^" + Pattern.quote(name) + " \\d+$")
        .forEach(
            (work, series) ->
                points.put(
                    Double.valueOf(work.substring(name.length() + 1)), 1e3 * series.seconds()));
    return points;
  }

  /**
   * The line with the least squares of the relative distances {@code (line(x) - y) / y}: small and
   * large values count alike.
   *
   * @param points y by x
   * @throws IllegalArgumentException unless there are two points, and no y is 0
   */
  static Line through(Map<Double, Double> points) {
    if (points.size() < 2 || points.containsValue(0.0)) {
      throw new IllegalArgumentException("a line through " + points);
    }
    double x = mean(points, Map.Entry::getKey);
    double y = mean(points, Map.Entry::getValue);
    double xx = mean(points, p -> (p.getKey() - x) * (p.getKey() - x));
    double xy = mean(points, p -> (p.getKey() - x) * (p.getValue() - y));
    double yy = mean(points, p -> (p.getValue() - y) * (p.getValue() - y));
    double slope = xy / xx;
    return new Line(y - slope * x, slope, yy == 0 ? 1 : xy * xy / (xx * yy));
  }

  /** Weighted by 1 / y². */
  private static double mean(
      Map<Double, Double> points, ToDoubleFunction<Map.Entry<Double, Double>> value) {
    double sum = 0;
    double weights = 0;
    for (Map.Entry<Double, Double> point : points.entrySet()) {
      double weight = 1 / (point.getValue() * point.getValue());
      sum += weight * value.applyAsDouble(point);
      weights += weight;
    }
    return sum / weights;
  }
}
