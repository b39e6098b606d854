package io.github.jaubert.benchmarks.comparison;

import io.github.jaubert.benchmarks.comparison.Results.Series;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
      case "faster" -> results.find(against, work).map(s -> faster(work, ours, against, s));
      case "faster than ours" ->
          results.find(Program.JAUBERT, against).map(s -> faster(work, ours, against, s));
      case "value" -> Optional.of(alone(work, ours, ours.value()));
      case "GF/s" -> Optional.of(alone(work, ours, ours.rate(rule)));
      case "part of the least" ->
          Stream.of(against.split(", "))
              .flatMap(
                  peer -> results.find(peer, work).map(s -> part(work, ours, peer, s)).stream())
              .min(Comparator.comparingDouble(Comparison::peerValue));
      case "part of GF/s", "part of GB/s" ->
          partOfRate(rule.substring("part of ".length()), work, ours, results.ours(against));
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
  private static Comparison part(String work, Series ours, String who, Series theirs) {
    double t = theirs.value();
    return new Comparison(work, ours.unit(), ours.value(), who, t, ours.value() / t);
  }

  /** How many times as fast. */
  private static Comparison faster(String work, Series ours, String who, Series theirs) {
    Comparison c = part(work, ours, who, theirs);
    double ratio = ours.moreIsBetter() ? c.ratio : 1 / c.ratio;
    return new Comparison(work, c.unit, c.value, who, c.peerValue, ratio);
  }

  /** The rate as a share of the best one among some works of ours. */
  private static Optional<Comparison> partOfRate(
      String unit, String work, Series ours, Map<String, Series> roofs) {
    double reached = ours.rate(unit);
    return roofs.entrySet().stream()
        .filter(roof -> reached > 0)
        .map(roof -> Map.entry(roof.getKey(), roof.getValue().rate(unit)))
        .max(Map.Entry.comparingByValue())
        .map(
            best ->
                new Comparison(
                    work,
                    unit,
                    reached,
                    best.getKey(),
                    best.getValue(),
                    reached / best.getValue()));
  }

  /** How far, as a part of its height, our works lie from a straight line through them. */
  private static Optional<Comparison> farthestFromLine(String name, Results results) {
    Map<Double, Double> points = Line.points(results, name);
    if (points.size() < 3) {
      return Optional.empty();
    }
    Line line = Line.through(points);
    return points.entrySet().stream()
        .map(
            point -> {
              String work = name + " " + MarkdownReport.figure(point.getKey());
              double y = line.at(point.getKey());
              double distance = Math.abs(point.getValue() / y - 1);
              return new Comparison(work, "ms", point.getValue(), "straight line", y, distance);
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
