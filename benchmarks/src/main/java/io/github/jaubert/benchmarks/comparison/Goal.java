package io.github.jaubert.benchmarks.comparison;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/**
 * A promise: all comparisons that a rule finds among the results keep to a bound.
 *
 * @param name what is promised, in words
 * @param bound of the ratios, as {@code ≥ 1.5 x}, {@code ≤ 60 %} or {@code ≤ 96}
 * @param rule finds the comparisons that can be made; none if something was not measured
 */
record Goal(String name, String bound, Function<Results, List<Comparison>> rule) {
  /**
   * One of our figures beside what it is held against.
   *
   * @param work ours
   * @param unit of both values
   * @param value ours
   * @param peer who or what it is held against
   * @param peerValue theirs; not a number if there is none
   * @param ratio what the goal is about: how many times as fast, which share of a roof, …
   */
  record Comparison(
      String work, String unit, double value, String peer, double peerValue, double ratio) {}

  /**
   * The goals of {@code goals.tsv} for these devices: {@code cpu}, {@code gpu}, {@code gpu bf16}.
   */
  static List<Goal> of(String... devices) {
    try (InputStream table = Goal.class.getResourceAsStream("goals.tsv")) {
      return new String(table.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .map(line -> line.split("\t", -1))
          .filter(cells -> List.of(devices).contains(cells[0]))
          .map(cells -> new Goal(cells[1], cells[2], Rules.of(cells[3], cells[4], cells[5])))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The bound as a number: 0.6 where it is 60 %. */
  double limit() {
    double number = Double.parseDouble(bound.replaceAll("[^0-9.]", ""));
    return bound.endsWith("%") ? number / 100 : number;
  }

  private boolean atLeast() {
    return bound.startsWith("≥");
  }

  /** Whether there is anything to judge by, and all of it keeps to the bound. */
  boolean isMet(List<Comparison> comparisons) {
    return !comparisons.isEmpty()
        && comparisons.stream()
            .allMatch(c -> atLeast() ? c.ratio() >= limit() : c.ratio() <= limit());
  }

  /** The comparison that is farthest from the goal, or least beyond it. */
  Optional<Comparison> worst(List<Comparison> comparisons) {
    Comparator<Comparison> byRatio = Comparator.comparingDouble(Comparison::ratio);
    return comparisons.stream().min(atLeast() ? byRatio : byRatio.reversed());
  }

  /**
   * A ratio that was reached, as the bound is written, with as many digits as can be told apart.
   */
  String format(double ratio) {
    if (bound.endsWith(" x")) {
      return String.format(Locale.ROOT, "%.2f x", ratio);
    }
    if (bound.endsWith(" %")) {
      return String.format(Locale.ROOT, "%.1f %%", 100 * ratio);
    }
    return Math.abs(ratio) < 0.01
        ? String.format(Locale.ROOT, "%.1e", ratio)
        : MarkdownReport.figure(ratio);
  }
}
