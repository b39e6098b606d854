package io.github.jaubert.benchmarks.comparison;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A promise: all comparisons that a rule finds keep to a bound.
 *
 * @param name what is promised, in words
 * @param sense whether ratios must not be less or not be more than the bound
 * @param scale how ratios are written
 */
public record Goal(String name, Sense sense, double bound, Scale scale, Rule rule) {
  /** Which way a bound holds. */
  public enum Sense {
    AT_LEAST("≥"),
    AT_MOST("≤");

    private final String sign;

    Sense(String sign) {
      this.sign = sign;
    }
  }

  /** How ratios are written. */
  public enum Scale {
    TIMES,
    PERCENT,
    PLAIN;

    /** A ratio that was reached, with as many digits as can be told apart. */
    String format(double ratio) {
      return switch (this) {
        case TIMES -> String.format(Locale.ROOT, "%.2f x", ratio);
        case PERCENT -> String.format(Locale.ROOT, "%.1f %%", 100 * ratio);
        case PLAIN ->
            Math.abs(ratio) < 0.01
                ? String.format(Locale.ROOT, "%.1e", ratio)
                : Figures.format(ratio);
      };
    }

    /** A bound, with no more digits than it has. */
    String bound(double ratio) {
      return switch (this) {
        case TIMES -> Figures.format(ratio) + " x";
        case PERCENT -> Figures.format(100 * ratio) + " %";
        case PLAIN -> Figures.format(ratio);
      };
    }
  }

  /** Finds what is to be compared among all that was measured. */
  @FunctionalInterface
  public interface Rule {
    /** The comparisons that can be made; none if something was not measured. */
    List<Comparison> compare(Results results);
  }

  static Goal times(String name, double bound, Rule rule) {
    return new Goal(name, Sense.AT_LEAST, bound, Scale.TIMES, rule);
  }

  static Goal share(String name, double bound, Rule rule) {
    return new Goal(name, Sense.AT_LEAST, bound, Scale.PERCENT, rule);
  }

  static Goal atLeast(String name, double bound, Scale scale, Rule rule) {
    return new Goal(name, Sense.AT_LEAST, bound, scale, rule);
  }

  static Goal atMost(String name, double bound, Scale scale, Rule rule) {
    return new Goal(name, Sense.AT_MOST, bound, scale, rule);
  }

  boolean isMetBy(Comparison comparison) {
    return sense == Sense.AT_LEAST ? comparison.ratio() >= bound : comparison.ratio() <= bound;
  }

  /** The comparison that is farthest from the goal, or least beyond it. */
  Optional<Comparison> decisive(List<Comparison> comparisons) {
    Comparator<Comparison> byRatio = Comparator.comparingDouble(Comparison::ratio);
    return comparisons.stream().min(sense == Sense.AT_LEAST ? byRatio : byRatio.reversed());
  }

  /** As {@code ≥ 1.5 x}. */
  String boundInWords() {
    return sense.sign + " " + scale.bound(bound);
  }
}
