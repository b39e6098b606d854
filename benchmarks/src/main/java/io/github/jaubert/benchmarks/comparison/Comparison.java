package io.github.jaubert.benchmarks.comparison;

import io.github.jaubert.benchmarks.comparison.Results.Series;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

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
    String work, String unit, double value, String peer, double peerValue, double ratio) {
  private static final Comparator<Comparison> BY_RATIO =
      Comparator.comparingDouble(Comparison::ratio);

  /**
   * The comparisons that a goal is about; none if something was not measured.
   *
   * @throws IllegalArgumentException if there is no such rule
   */
  static List<Comparison> of(Goal goal, Results results) {
    if (goal.rule().equals("straight line")) {
      return farthestFromLine(goal.works(), results).stream().toList();
    }
    return results.ours("^(?:" + goal.works() + ")$").entrySet().stream()
        .flatMap(e -> of(goal.rule(), e.getKey(), e.getValue(), goal.against(), results).stream())
        .toList();
  }

  private static Optional<Comparison> of(
      String rule, String work, Series ours, String against, Results results) {
    return switch (rule) {
      case "faster" -> faster(work, ours, against, results.find(against, work));
      case "faster than ours" ->
          faster(work, ours, against, results.find(Program.JAUBERT, against));
      case "value" -> Optional.of(alone(work, ours, ours.value()));
      case "GF/s" -> Optional.of(alone(work, ours, ours.gigaflops()));
      case "part of the least" ->
          Stream.of(against.split(", "))
              .flatMap(peer -> against(work, ours, peer, results.find(peer, work)).stream())
              .min(Comparator.comparingDouble(Comparison::peerValue));
      case "part of GF/s" -> part(rule, work, ours, results.ours(against), Series::gigaflops);
      case "part of GB/s" -> part(rule, work, ours, results.ours(against), Series::gigabytes);
      case "same losses" ->
          results.find(against, work).flatMap(theirs -> farthest(work, ours, against, theirs));
      default -> throw new IllegalArgumentException("no rule " + rule);
    };
  }

  /** Our figure by itself. */
  private static Comparison alone(String work, Series ours, double ratio) {
    return new Comparison(work, ours.unit(), ours.value(), "", Double.NaN, ratio);
  }

  /** Which part of theirs ours is. */
  private static Optional<Comparison> against(
      String work, Series ours, String who, Optional<Series> theirs) {
    return theirs
        .map(Series::value)
        .map(t -> new Comparison(work, ours.unit(), ours.value(), who, t, ours.value() / t));
  }

  /** How many times as fast. */
  private static Optional<Comparison> faster(
      String work, Series ours, String who, Optional<Series> theirs) {
    return against(work, ours, who, theirs)
        .map(c -> ours.moreIsBetter() ? c : c.withRatio(1 / c.ratio()));
  }

  private Comparison withRatio(double another) {
    return new Comparison(work, unit, value, peer, peerValue, another);
  }

  /** The rate as a share of the best one among some works of ours. */
  private static Optional<Comparison> part(
      String rule,
      String work,
      Series ours,
      Map<String, Series> roofs,
      ToDoubleFunction<Series> rate) {
    String unit = rule.substring("part of ".length());
    double reached = rate.applyAsDouble(ours);
    return roofs.keySet().stream()
        .filter(roof -> reached > 0)
        .max(Comparator.comparingDouble(roof -> rate.applyAsDouble(roofs.get(roof))))
        .map(
            roof -> {
              double best = rate.applyAsDouble(roofs.get(roof));
              return new Comparison(work, unit, reached, roof, best, reached / best);
            });
  }

  /** How far, as a part of its height, our works lie from a straight line through them. */
  private static Optional<Comparison> farthestFromLine(String name, Results results) {
    Map<Double, Double> points = Line.points(results, name);
    if (points.size() < 3) {
      return Optional.empty();
    }
    Line line = Line.through(points);
    return points.keySet().stream()
        .map(
            x -> {
              double y = points.get(x);
              String work = name + " " + MarkdownReport.figure(x);
              double distance = Math.abs(y / line.at(x) - 1);
              return new Comparison(work, "ms", y, "straight line", line.at(x), distance);
            })
        .max(BY_RATIO);
  }

  /** The largest difference between our losses and a peer's at the same step. */
  private static Optional<Comparison> farthest(
      String work, Series ours, String peer, Series theirs) {
    double[] a = ours.samplesOfFirstRound();
    double[] b = theirs.samplesOfFirstRound();
    return IntStream.range(0, Math.min(a.length, b.length))
        .mapToObj(
            i -> {
              String step = "%s, step %d of %d".formatted(work, i + 1, a.length);
              return new Comparison(step, "loss", a[i], peer, b[i], Math.abs(a[i] - b[i]));
            })
        .max(BY_RATIO);
  }
}
