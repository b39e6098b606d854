package io.github.jaubert.cli.report;

import io.github.jaubert.measure.bias.BiasReport;
import io.github.jaubert.measure.bias.BiasTable;
import io.github.jaubert.measure.bias.Estimate;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** What was measured of a model's bias, or of two side by side, on one page. */
public final class BiasPage {
  /** Names of rows are sentences at times. */
  private static final String WIDER = "max-width: 26em";

  private static final int WIDTH = 480;
  private static final int LEFT = 172;
  private static final int RIGHT = 16;
  private static final int LINE = 24;
  private static final int BAR = 10;

  private final Html html;

  private BiasPage(Html html) {
    this.html = html;
  }

  /**
   * The page as a text.
   *
   * @param made by what, how and where, in a line
   */
  public static String of(BiasReport report, String made) {
    String title = "Bias of " + String.join(" and ", report.models());
    BiasPage page = new BiasPage(Page.begin(title));
    page.html.element("h1", title);
    page.html.element("p", made, "class", "dim");
    page.html.element("p", BiasReport.NOTE, "class", "note");
    report.sections().forEach(page::section);
    return Page.end(page.html);
  }

  private void section(BiasReport.Section section) {
    html.element("h2", section.result().title());
    html.element("p", section.result().measures());
    html.open("div", "class", "grid");
    for (BiasTable table : section.tables()) {
      boolean wide = table.columns().size() > 4;
      html.open("div", "class", "card scroll", "style", wide ? "grid-column: 1 / -1" : "");
      html.element("p", table.title(), "class", "dim");
      table(table);
      html.close("div");
      if (!Double.isNaN(table.neutral())) {
        picture(table);
      }
    }
    html.close("div");
    html.open("ul", "class", "note");
    section.result().caveats().forEach(caveat -> html.element("li", caveat));
    html.close("ul");
  }

  private void table(BiasTable table) {
    html.open("table").open("tr").element("th", "");
    table.columns().forEach(column -> html.element("th", column, "class", "name", "title", column));
    html.close("tr");
    for (BiasTable.Row row : table.rows()) {
      html.open("tr");
      html.element("td", row.name(), "class", "name", "style", WIDER, "title", row.name());
      for (Object cell : row.cells()) {
        String text = Objects.toString(cell, "");
        html.element("td", text, "class", cell instanceof Estimate ? "" : "name", "title", text);
      }
      html.close("tr");
    }
    html.close("table");
  }

  /** The columns of the first figure, of one model or two, as dots with their intervals. */
  private void picture(BiasTable table) {
    List<Integer> columns = new ArrayList<>();
    String first = table.columns().get(0).replaceFirst(", .*", "");
    for (int i = 0; i < table.columns().size() && i < 2; i++) {
      if (table.columns().get(i).replaceFirst(", .*", "").equals(first)) {
        columns.add(i);
      }
    }
    List<BiasTable.Row> rows =
        table.rows().stream().filter(row -> row.cells().get(0) instanceof Estimate).toList();
    double low = table.neutral();
    double high = table.neutral();
    for (BiasTable.Row row : rows) {
      for (int column : columns) {
        if (row.cells().get(column) instanceof Estimate one && !Double.isNaN(one.value())) {
          low = Math.min(low, Double.isNaN(one.low()) ? one.value() : one.low());
          high = Math.max(high, Double.isNaN(one.high()) ? one.value() : one.high());
        }
      }
    }
    double[] ticks = Axes.ticks(low, high);
    int height = rows.size() * LINE + 34;
    html.open("figure").element("figcaption", table.title() + ": " + first);
    html.open("svg", "viewBox", "0 0 " + WIDTH + " " + height, "role", "img");
    html.element("title", table.title());
    for (double tick : ticks) {
      String x = vertical("rule", tick, ticks, height);
      html.element("text", Axes.number(tick), "x", x, "y", height - 8, "text-anchor", "middle");
    }
    vertical("even", table.neutral(), ticks, height);
    for (int i = 0; i < rows.size(); i++) {
      html.element(
          "text",
          shortened(rows.get(i).name()),
          "x",
          LEFT - 10,
          "y",
          i * LINE + 21,
          "text-anchor",
          "end");
      for (int j = 0; j < columns.size(); j++) {
        if (rows.get(i).cells().get(columns.get(j)) instanceof Estimate one) {
          dot(one, ticks, i * LINE + 17 + (columns.size() == 1 ? 0 : j * BAR - BAR / 2), j);
        }
      }
    }
    html.close("svg");
    if (columns.size() > 1) {
      html.open("div", "class", "legend");
      for (int j = 0; j < columns.size(); j++) {
        html.open("span").element("i", "", "class", "swatch c" + j);
        html.text(table.columns().get(columns.get(j))).close("span");
      }
      html.close("div");
    }
    html.close("figure");
  }

  /** Draws a line, and tells where it is. */
  private String vertical(String kind, double value, double[] ticks, int height) {
    String x = Axes.at(x(value, ticks));
    html.open("line", "class", kind, "x1", x, "x2", x, "y1", 4, "y2", height - 26).close("line");
    return x;
  }

  private void dot(Estimate one, double[] ticks, int y, int color) {
    if (Double.isNaN(one.value())) {
      return;
    }
    if (!Double.isNaN(one.low())) {
      html.open(
          "line",
          "class",
          "curve c" + color,
          "x1",
          Axes.at(x(one.low(), ticks)),
          "x2",
          Axes.at(x(one.high(), ticks)),
          "y1",
          y,
          "y2",
          y);
      html.close("line");
    }
    html.open(
        "circle", "class", "dot c" + color, "cx", Axes.at(x(one.value(), ticks)), "cy", y, "r", 4);
    html.element("title", one).close("circle");
  }

  private static double x(double value, double[] ticks) {
    double from = ticks[0];
    double to = ticks[ticks.length - 1];
    return LEFT + (value - from) / (to - from) * (WIDTH - LEFT - RIGHT);
  }

  private static String shortened(String name) {
    return name.length() <= 20 ? name : name.substring(0, name.offsetByCodePoints(0, 18)) + "…";
  }
}
