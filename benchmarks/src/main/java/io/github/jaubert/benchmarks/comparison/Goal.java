package io.github.jaubert.benchmarks.comparison;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A promise: all comparisons that a rule finds among the results keep to a bound.
 *
 * @param name what is promised, in words
 * @param bound of the ratios, as {@code ≥ 1.5 x}, {@code ≤ 60 %} or {@code ≤ 96}
 * @param rule how works are compared, see {@link Comparison#of}
 * @param works a pattern that the whole of their names match
 * @param against what they are held against: a peer, a work of ours, or a pattern of some
 */
record Goal(String name, String bound, String rule, String works, String against) {
  /**
   * The goals of {@code goals.tsv} for these devices: {@code cpu}, {@code gpu}, {@code gpu bf16}.
   */
  static List<Goal> of(String... devices) {
    try (InputStream table = Goal.class.getResourceAsStream("goals.tsv")) {
      return new String(table.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .map(line -> line.split("\t", -1))
          .filter(cells -> List.of(devices).contains(cells[0]))
          .map(cells -> new Goal(cells[1], cells[2], cells[3], cells[4], cells[5]))
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

  /** A ratio that was reached, as the bound is written, with as many digits as tell it apart. */
  String format(double ratio) {
    if (bound.endsWith(" x") || bound.endsWith(" %")) {
      boolean percent = bound.endsWith(" %");
      return String.format(
          Locale.ROOT, percent ? "%.1f %%" : "%.2f x", percent ? 100 * ratio : ratio);
    }
    return Math.abs(ratio) < 0.01
        ? String.format(Locale.ROOT, "%.1e", ratio)
        : MarkdownReport.figure(ratio);
  }
}
