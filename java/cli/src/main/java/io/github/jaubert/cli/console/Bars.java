package io.github.jaubert.cli.console;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * Bars from 0 to 100, in groups, as SVG. A library that draws would bring Java's windows along,
 * which servers and small images of Java lack.
 */
public final class Bars {
  private static final String[] COLOURS = {"#3366aa", "#dd8833", "#559955", "#aa4466", "#777777"};
  private static final int NAMES = 90;
  private static final int WIDTH = 500;
  private static final int BAR = 14;
  private static final int GAP = 12;
  private static final int TOP = 34;

  private Bars() {}

  /**
   * A drawing.
   *
   * @param groups for each the values of its bars, in the order of {@code names}; one without a
   *     value is left out, one below 0 has no length
   */
  public static String svg(Map<String, List<OptionalDouble>> groups, List<String> names) {
    int group = names.size() * BAR + GAP;
    int height = TOP + groups.size() * group;
    StringBuilder svg = new StringBuilder();
    svg.append(
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">
        <rect width="100%%" height="100%%" fill="white"/>
        """
            .formatted(NAMES + WIDTH + 60, height));
    int x = NAMES;
    for (int i = 0; i < names.size(); i++) {
      svg.append(bar(x, 10, 12, i)).append(text(x + 16, 20, "start", names.get(i)));
      x += 30 + 8 * names.get(i).length();
    }
    int y = TOP;
    for (Map.Entry<String, List<OptionalDouble>> entry : groups.entrySet()) {
      int middle = y + names.size() * BAR / 2 + 4;
      svg.append(text(NAMES - 8, middle, "end", entry.getKey()));
      for (int i = 0; i < names.size(); i++) {
        if (entry.getValue().get(i).isPresent()) {
          double value = entry.getValue().get(i).getAsDouble();
          double length = WIDTH * Math.min(100, Math.max(0, value)) / 100;
          String label = String.format(Locale.ROOT, "%.1f", value);
          svg.append(bar(NAMES, y + i * BAR, length, i))
              .append(text(NAMES + length + 4, y + i * BAR + 11, "start", label));
        }
      }
      y += group;
    }
    return svg.append("</svg>\n").toString();
  }

  private static String bar(double x, double y, double length, int colour) {
    return String.format(
        Locale.ROOT,
        "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>%n",
        x,
        y,
        length,
        BAR - 2,
        COLOURS[colour % COLOURS.length]);
  }

  private static String text(double x, double y, String anchor, String words) {
    return String.format(
        Locale.ROOT,
        "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>%n",
        x,
        y,
        anchor,
        words.replace("&", "&amp;").replace("<", "&lt;"));
  }
}
