package io.github.jaubert.cli.report;

import java.util.ArrayList;
import java.util.List;

/** Curves over the steps of runs. */
final class LineChart {
  /** Of more points in a curve, each that is drawn is the mean of some. */
  static final int MOST_POINTS = 300;

  /** Up to so many points are marked. */
  private static final int MARKED = 40;

  private record Point(double x, double y) {}

  private record Line(String name, int color, boolean dashed, List<Point> points) {}

  private final String title;
  private final List<Line> lines = new ArrayList<>();

  LineChart(String title) {
    this.title = title;
  }

  /**
   * Adds a curve; one without any finite point is left out.
   *
   * @param color a number of the style sheet's colours
   * @param points place and value
   */
  LineChart line(String name, int color, boolean dashed, List<double[]> points) {
    List<Point> finite =
        points.stream()
            .filter(point -> Double.isFinite(point[1]))
            .map(point -> new Point(point[0], point[1]))
            .toList();
    if (!finite.isEmpty()) {
      lines.add(new Line(name, color, dashed, thinned(finite)));
    }
    return this;
  }

  private static List<Point> thinned(List<Point> points) {
    if (points.size() <= MOST_POINTS) {
      return points;
    }
    List<Point> means = new ArrayList<>();
    for (int i = 0; i < MOST_POINTS; i++) {
      List<Point> some =
          points.subList(
              (int) ((long) i * points.size() / MOST_POINTS),
              (int) ((i + 1L) * points.size() / MOST_POINTS));
      means.add(
          new Point(
              some.get(some.size() - 1).x(),
              some.stream().mapToDouble(Point::y).average().orElseThrow()));
    }
    return means;
  }

  boolean isEmpty() {
    return lines.isEmpty();
  }

  /** Draws the chart with its title and, of several curves, what is what. */
  void draw(Html html) {
    if (isEmpty()) {
      return;
    }
    html.open("figure").element("figcaption", title);
    Axes axes = new Axes(Math.max(1, bound(true, true)), bound(false, false), bound(false, true));
    axes.open(html, title, "step");
    lines.forEach(line -> draw(html, axes, line));
    html.close("svg");
    html.open("div", "class", "legend");
    for (Line line : lines) {
      Point last = line.points().get(line.points().size() - 1);
      html.open("span");
      html.element("i", "", "class", "swatch c" + line.color() + (line.dashed() ? " dashed" : ""));
      html.text(line.name() + " " + Axes.number(last.y()));
      html.close("span");
    }
    html.close("div").close("figure");
  }

  private double bound(boolean x, boolean largest) {
    return lines.stream()
        .flatMap(line -> line.points().stream())
        .mapToDouble(point -> x ? point.x() : point.y())
        .reduce(largest ? Math::max : Math::min)
        .orElseThrow();
  }

  private static void draw(Html html, Axes axes, Line line) {
    StringBuilder path = new StringBuilder();
    for (Point point : line.points()) {
      path.append(path.isEmpty() ? 'M' : 'L')
          .append(Axes.at(axes.px(point.x())))
          .append(' ')
          .append(Axes.at(axes.py(point.y())));
    }
    String color = " c" + line.color();
    html.open("path", "class", "curve" + color + (line.dashed() ? " dashed" : ""), "d", path);
    html.close("path");
    boolean few = line.points().size() <= MARKED;
    for (Point point : line.points()) {
      html.open(
          "circle",
          "class",
          (few ? "dot" : "spot") + color,
          "cx",
          Axes.at(axes.px(point.x())),
          "cy",
          Axes.at(axes.py(point.y())),
          "r",
          few ? 2.5 : 5);
      html.element(
          "title",
          "%s, step %s: %s".formatted(line.name(), Axes.number(point.x()), Axes.number(point.y())));
      html.close("circle");
    }
  }
}
