package io.github.jaubert.benchmarks.comparison;

import io.github.jaubert.benchmarks.comparison.Goal.Rule;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * How our figures are held against others. Works are chosen by a pattern that their names match.
 */
final class Rules {
  private Rules() {}

  /** How many times as fast as a peer at the same work. */
  static Rule fasterThan(String peer, String works) {
    return fasterThan(peer, works, "");
  }

  /**
   * How many times as fast as a peer at a work whose name is ours and a suffix, which says how the
   * peer goes about it.
   */
  static Rule fasterThan(String peer, String works, String suffix) {
    return results ->
        compare(
            results,
            works,
            (work, ours) ->
                results
                    .find(peer, work + suffix)
                    .map(
                        theirs ->
                            new Comparison(
                                work,
                                ours.unit(),
                                ours.value(),
                                peer + suffix,
                                theirs.value(),
                                ours.moreIsBetter()
                                    ? ours.value() / theirs.value()
                                    : theirs.value() / ours.value())));
  }

  /** Our figure by itself. */
  static Rule value(String works) {
    return results ->
        compare(
            results,
            works,
            (work, ours) ->
                Optional.of(
                    new Comparison(work, ours.unit(), ours.value(), "", Double.NaN, ours.value())));
  }

  /** GF/s of works that were measured as times. */
  static Rule gigaflops(String works) {
    return results ->
        compare(
            results,
            works,
            (work, ours) ->
                Optional.of(
                    new Comparison(
                        work, ours.unit(), ours.value(), "", Double.NaN, ours.gigaflops())));
  }

  /** Our part of what the most frugal of the peers takes. */
  static Rule partOfBest(List<String> peers, String works) {
    return results ->
        compare(
            results,
            works,
            (work, ours) ->
                peers.stream()
                    .flatMap(
                        peer ->
                            results
                                .find(peer, work)
                                .map(s -> against(work, ours, peer, s))
                                .stream())
                    .min(Comparator.comparingDouble(Comparison::peerValue)));
  }

  private static Comparison against(String work, Series ours, String peer, Series theirs) {
    double ratio = ours.value() / theirs.value();
    return new Comparison(work, ours.unit(), ours.value(), peer, theirs.value(), ratio);
  }

  /** GF/s of the works as a share of the best matrix product among some works. */
  static Rule shareOfFlops(String works, String roofs) {
    return results -> share(results, works, roofs, "GF/s", Series::gigaflops);
  }

  /** GB/s of the works as a share of the best bandwidth among some works. */
  static Rule shareOfBandwidth(String works, String roofs) {
    return results -> share(results, works, roofs, "GB/s", Series::gigabytes);
  }

  private static List<Comparison> share(
      Results results, String works, String roofs, String unit, ToDoubleFunction<Series> rate) {
    Optional<String> roof =
        results.ourWorks(Pattern.compile(roofs)).stream()
            .max(Comparator.comparingDouble(work -> rate(ours(results, work), unit, rate)));
    return compare(
        results,
        works,
        (work, ours) ->
            roof.filter(name -> rate.applyAsDouble(ours) > 0)
                .map(
                    name -> {
                      double best = rate(ours(results, name), unit, rate);
                      double reached = rate.applyAsDouble(ours);
                      return new Comparison(work, unit, reached, name, best, reached / best);
                    }));
  }

  /** The rate of a work that was measured as a rate, or as the time of a call. */
  private static double rate(Series series, String unit, ToDoubleFunction<Series> ofCalls) {
    return series.unit().equals(unit) ? series.value() : ofCalls.applyAsDouble(series);
  }

  /** How many times as fast one of our works is as another of ours. */
  static Rule fasterThanOurs(String work, String other) {
    return results ->
        Stream.of(results.find(Program.JAUBERT, work))
            .flatMap(Optional::stream)
            .flatMap(
                fast ->
                    results
                        .find(Program.JAUBERT, other)
                        .map(
                            slow ->
                                new Comparison(
                                    work,
                                    fast.unit(),
                                    fast.value(),
                                    other,
                                    slow.value(),
                                    slow.value() / fast.value()))
                        .stream())
            .toList();
  }

  /** How far, as a part of its height, our works lie from a straight line through them. */
  static Rule straightLine(String name) {
    return results -> {
      List<Curves.Point> points = Curves.points(results, name);
      if (points.size() < 3) {
        return List.of();
      }
      Statistics.Line line = Curves.line(points);
      Comparator<Curves.Point> byDistance = Comparator.comparingDouble(p -> distance(line, p));
      return points.stream()
          .max(byDistance)
          .map(
              far ->
                  new Comparison(
                      name + " " + Figures.format(far.x()),
                      "ms",
                      far.y(),
                      "straight line",
                      line.at(far.x()),
                      distance(line, far)))
          .stream()
          .toList();
    };
  }

  private static double distance(Statistics.Line line, Curves.Point point) {
    return Math.abs(point.y() / line.at(point.x()) - 1);
  }

  /** The largest difference between our losses and a peer's at the same step. */
  static Rule sameLosses(String peer, String works) {
    return results ->
        compare(
            results,
            works,
            (work, ours) ->
                results.find(peer, work).flatMap(theirs -> farthest(work, peer, ours, theirs)));
  }

  private static Optional<Comparison> farthest(
      String work, String peer, Series ours, Series theirs) {
    List<Double> a = ours.rounds().get(0).samples();
    List<Double> b = theirs.rounds().get(0).samples();
    List<Comparison> steps = new ArrayList<>();
    for (int i = 0; i < Math.min(a.size(), b.size()); i++) {
      double difference = Math.abs(a.get(i) - b.get(i));
      String step = "%s, step %d of %d".formatted(work, i + 1, a.size());
      steps.add(new Comparison(step, ours.unit(), a.get(i), peer, b.get(i), difference));
    }
    return steps.stream().max(Comparator.comparingDouble(Comparison::ratio));
  }

  @FunctionalInterface
  private interface Pairing {
    Optional<Comparison> of(String work, Series ours);
  }

  private static List<Comparison> compare(Results results, String works, Pairing pairing) {
    return results.ourWorks(Pattern.compile("^(?:" + works + ")$")).stream()
        .flatMap(work -> pairing.of(work, ours(results, work)).stream())
        .toList();
  }

  private static Series ours(Results results, String work) {
    return results.find(Program.JAUBERT, work).orElseThrow();
  }
}
