package io.github.jaubert.cli.repeat;

import io.github.jaubert.cli.console.Figures;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;

/** What a run measured, by name; the first is what runs are compared by. */
public final class Measured {
  private static final Set<String> LESS_IS_BETTER = Set.of("loss", "mse");

  private Measured() {}

  /** The name of the first. */
  public static String main(Map<String, Double> measured) {
    return measured.keySet().iterator().next();
  }

  /** Whether a value of a metric is better than another; none is better than NaN is. */
  public static boolean isBetter(String metric, double value, double than) {
    if (Double.isNaN(value) || Double.isNaN(than)) {
      return !Double.isNaN(value);
    }
    return LESS_IS_BETTER.contains(metric) ? value < than : value > than;
  }

  /** Such as {@code accuracy 93.1 %, f1 (pos) 0.9312}. */
  public static String words(Map<String, Double> measured) {
    StringJoiner words = new StringJoiner(", ");
    measured.forEach((name, value) -> words.add(name + " " + Figures.figure(name, value)));
    return words.toString();
  }
}
