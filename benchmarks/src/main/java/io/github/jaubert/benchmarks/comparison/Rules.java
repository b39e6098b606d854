package io.github.jaubert.benchmarks.comparison;

import io.github.jaubert.benchmarks.comparison.Goal.Comparison;
import io.github.jaubert.benchmarks.comparison.Results.Series;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * How our figures are held against others. Works are chosen by a pattern that the whole of their
 * names match.
 */
final class Rules {
  private Rules() {}

  /**
   * A rule by its name.
   *
   * @param works whose figures are compared
   * @param against a peer, or a work of ours
   * @throws IllegalArgumentException if there is no such rule
   */
  static Function<Results, List<Comparison>> of(String rule, String works, String against) {
    return switch (rule) {
      case "faster" -> faster(works, against);
      case "faster than ours" -> fasterThanOurs(works, against);
      case "value" -> alone(works, Series::value);
      case "GF/s" -> alone(works, Series::gigaflops);
      case "part of the least" -> partOfLeast(works, List.of(against.split(", ")));
      case "part of GF/s" -> share(works, against, "GF/s", Series::gigaflops);
      case "part of GB/s" -> share(works, against, "GB/s", Series::gigabytes);
      case "straight line" -> straightLine(works);
      case "same losses" -> sameLosses(works, against);
      default -> throw new IllegalArgumentException("no rule " + rule);
    };
  }

  @FunctionalInterface
  private interface Pairing {
    Optional<Comparison> of(Results results, String work, Series ours);
  }

  /** Compares each of our works that is among the results. */
  private static Function<Results, List<Comparison>> each(String works, Pairing pairing) {
    return results ->
        results.ours("^(?:" + works + ")$").entrySet().stream()
            .flatMap(one -> pairing.of(results, one.getKey(), one.getValue()).stream())
            .toList();
  }

  /**
   * How many times as fast as a peer at the same work; where the peer has several ways, the end of
   * its work's name says which: {@code PyTorch, by length}.
   */
  private static Function<Results, List<Comparison>> faster(String works, String peer) {
    String[] parts = peer.split("(?=, )", 2);
    String how = parts.length > 1 ? parts[1] : "";
    return each(
        works,
        (results, work, ours) ->
            results.find(parts[0], work + how).map(theirs -> faster(work, ours, peer, theirs)));
  }

  /** How many times as fast as another of our works. */
  private static Function<Results, List<Comparison>> fasterThanOurs(String works, String other) {
    return each(
        works,
        (results, work, ours) ->
            results.find(Program.JAUBERT, other).map(slow -> faster(work, ours, other, slow)));
  }

  private static Comparison faster(String work, Series ours, String who, Series theirs) {
    double ratio = ours.value() / theirs.value();
    return against(work, ours, who, theirs, ours.moreIsBetter() ? ratio : 1 / ratio);
  }

  private static Comparison against(
      String work, Series ours, String who, Series theirs, double ratio) {
    return new Comparison(work, ours.unit(), ours.value(), who, theirs.value(), ratio);
  }

  /** Our figure by itself, or GF/s of works that were measured as times. */
  private static Function<Results, List<Comparison>> alone(
      String works, ToDoubleFunction<Series> figure) {
    return each(
        works,
        (results, work, ours) -> {
          double ratio = figure.applyAsDouble(ours);
          return Optional.of(
              new Comparison(work, ours.unit(), ours.value(), "", Double.NaN, ratio));
        });
  }

  /** Our part of what the most frugal of the peers takes. */
  private static Function<Results, List<Comparison>> partOfLeast(String works, List<String> peers) {
    return each(
        works,
        (results, work, ours) ->
            peers.stream()
                .filter(peer -> results.find(peer, work).isPresent())
                .min(Comparator.comparing(peer -> results.find(peer, work).get().value()))
                .map(
                    peer -> {
                      Series theirs = results.find(peer, work).get();
                      double part = ours.value() / theirs.value();
                      return against(work, ours, peer, theirs, part);
                    }));
  }

  /** The rate of the works as a share of the best one among some works of ours. */
  private static Function<Results, List<Comparison>> share(
      String works, String roofs, String unit, ToDoubleFunction<Series> rate) {
    return each(
        works,
        (results, work, ours) -> {
          double reached = rate.applyAsDouble(ours);
          return results.ours(roofs).entrySet().stream()
              .filter(roof -> reached > 0)
              .max(Comparator.comparingDouble(roof -> rate.applyAsDouble(roof.getValue())))
              .map(
                  roof -> {
                    double best = rate.applyAsDouble(roof.getValue());
                    return new Comparison(work, unit, reached, roof.getKey(), best, reached / best);
                  });
        });
  }

  /** How far, as a part of its height, our works lie from a straight line through them. */
  private static Function<Results, List<Comparison>> straightLine(String name) {
    return results -> {
      Map<Double, Double> points = Line.points(results, name);
      if (points.size() < 3) {
        return List.of();
      }
      Line line = Line.through(points);
      return points.entrySet().stream()
          .map(
              point -> {
                String work = name + " " + MarkdownReport.figure(point.getKey());
                double expected = line.at(point.getKey());
                double distance = Math.abs(point.getValue() / expected - 1);
                return new Comparison(
                    work, "ms", point.getValue(), "straight line", expected, distance);
              })
          .max(Comparator.comparingDouble(Comparison::ratio))
          .stream()
          .toList();
    };
  }

  /** The largest difference between our losses and a peer's at the same step. */
  private static Function<Results, List<Comparison>> sameLosses(String works, String peer) {
    return each(
        works,
        (results, work, ours) ->
            results.find(peer, work).flatMap(theirs -> farthest(work, peer, ours, theirs)));
  }

  private static Optional<Comparison> farthest(
      String work, String peer, Series ours, Series theirs) {
    double[] a = ours.samplesOfFirstRound();
    double[] b = theirs.samplesOfFirstRound();
    List<Comparison> steps = new ArrayList<>();
    for (int i = 0; i < Math.min(a.length, b.length); i++) {
      String step = "%s, step %d of %d".formatted(work, i + 1, a.length);
      steps.add(new Comparison(step, ours.unit(), a[i], peer, b[i], Math.abs(a[i] - b[i])));
    }
    return steps.stream().max(Comparator.comparingDouble(Comparison::ratio));
  }
}
