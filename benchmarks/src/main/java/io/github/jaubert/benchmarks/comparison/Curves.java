package io.github.jaubert.benchmarks.comparison;

import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;

/** Works that differ in one number, which their names end with: {@code growth, tokens 512}. */
final class Curves {
  /** A size and a time in milliseconds. */
  record Point(double x, double y) {}

  private Curves() {}

  /** The points of a curve in the order of their sizes. */
  static List<Point> points(Results results, String name) {
    return results.ourWorks(Pattern.compile("^" + Pattern.quote(name) + " \\d+$")).stream()
        .map(
            work ->
                new Point(
                    Double.parseDouble(work.substring(name.length() + 1)),
                    1e3 * results.find(Program.JAUBERT, work).orElseThrow().seconds()))
        .sorted(Comparator.comparingDouble(Point::x))
        .toList();
  }

  /** The straight line that fits them best. */
  static Statistics.Line line(List<Point> points) {
    return Statistics.fit(
        points.stream().mapToDouble(Point::x).toArray(),
        points.stream().mapToDouble(Point::y).toArray());
  }
}
