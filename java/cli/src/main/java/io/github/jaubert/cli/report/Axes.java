package io.github.jaubert.cli.report;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The frame of a chart in SVG: two axes with round numbers at them, and a grid. */
final class Axes {
  static final int WIDTH = 480;
  static final int HEIGHT = 270;
  private static final int LEFT = 58;
  private static final int RIGHT = 14;
  private static final int TOP = 12;
  private static final int BOTTOM = 44;
  private static final int TICKS = 5;

  private final double toX;
  private final double[] x;
  private final double[] y;

  /**
   * Axes that hold two ranges. The first begins at 0; the second is widened to round numbers.
   *
   * @param toX more than 0
   */
  Axes(double toX, double fromY, double toY) {
    this.toX = toX;
    x = Arrays.stream(ticks(0, toX)).filter(tick -> tick <= toX * (1 + 1e-9)).toArray();
    y = ticks(fromY, toY);
  }

  /**
   * Round numbers at equal distances, the first at most {@code from}, the last at least {@code to}.
   */
  static double[] ticks(double from, double to) {
    double low = Math.min(from, to);
    double high = Math.max(from, to);
    if (high - low <= 1e-6 * Math.max(Math.abs(low), Math.abs(high)) || high == low) {
      double margin = low == 0 ? 1 : Math.abs(low) * 0.1;
      low -= margin;
      high += margin;
    }
    double step = roundUp((high - low) / TICKS);
    long first = (long) Math.floor(low / step + 1e-9);
    long last = (long) Math.ceil(high / step - 1e-9);
    List<Double> ticks = new ArrayList<>();
    for (long i = first; i <= last; i++) {
      ticks.add(new BigDecimal(i * step).round(new MathContext(10)).doubleValue());
    }
    return ticks.stream().mapToDouble(Double::doubleValue).toArray();
  }

  /** To 1, 2 or 5 times a power of ten. */
  private static double roundUp(double step) {
    double power = Math.pow(10, Math.floor(Math.log10(step)));
    for (int factor : new int[] {1, 2, 5}) {
      if (step <= factor * power * (1 + 1e-9)) {
        return factor * power;
      }
    }
    return 10 * power;
  }

  double px(double value) {
    return LEFT + value / toX * (WIDTH - LEFT - RIGHT);
  }

  double py(double value) {
    return HEIGHT - BOTTOM - (value - y[0]) / (y[y.length - 1] - y[0]) * (HEIGHT - TOP - BOTTOM);
  }

  /** A place of a picture, to a hundredth. */
  static String at(double place) {
    return String.format(Locale.ROOT, "%.2f", place).replaceAll("\\.?0+$", "");
  }

  /** A short form of a number, such as 0.25, 1500, 12k or 2e-5. */
  static String number(double value) {
    double size = Math.abs(value);
    if (!Double.isFinite(value) || value == 0) {
      return Double.isFinite(value) ? "0" : String.valueOf(value);
    }
    if (size >= 1e4 && size < 1e15) {
      double divisor = size >= 1e9 ? 1e9 : size >= 1e6 ? 1e6 : 1e3;
      return number(value / divisor) + (size >= 1e9 ? "G" : size >= 1e6 ? "M" : "k");
    }
    BigDecimal rounded = new BigDecimal(value).round(new MathContext(4)).stripTrailingZeros();
    if (size < 1e-3 || size >= 1e15) {
      int exponent = rounded.precision() - rounded.scale() - 1;
      return rounded.scaleByPowerOfTen(-exponent).stripTrailingZeros().toPlainString()
          + "e"
          + exponent;
    }
    return rounded.toPlainString();
  }

  /**
   * Opens the picture and draws the frame.
   *
   * @param title what a reader that cannot see it is told
   */
  void open(Html html, String title, String nameX) {
    html.open("svg", "viewBox", "0 0 " + WIDTH + " " + HEIGHT, "role", "img", "aria-label", title);
    for (double tick : y) {
      String place = at(py(tick));
      html.open("line", "class", "rule", "x1", LEFT, "x2", WIDTH - RIGHT, "y1", place, "y2", place);
      html.close("line");
      html.element(
          "text", number(tick), "x", LEFT - 7, "y", at(py(tick) + 4.5), "text-anchor", "end");
    }
    for (double tick : x) {
      html.element(
          "text",
          number(tick),
          "x",
          at(px(tick)),
          "y",
          HEIGHT - BOTTOM + 18,
          "text-anchor",
          "middle");
    }
    html.element(
        "text",
        nameX,
        "class",
        "axis",
        "x",
        at((LEFT + WIDTH - RIGHT) / 2.0),
        "y",
        HEIGHT - 6,
        "text-anchor",
        "middle");
  }
}
