package io.github.jaubert.cli.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** A table that a person sorts by a click on the head of a column, and searches. */
final class SortableTable {
  /** A share of a whole, from 0 to 1, shown as a bar, too, which is the longest for the largest. */
  record Share(double value) {}

  /** Tables of fewer rows are seen at a glance. */
  private static final int SEARCHED = 12;

  private final String caption;
  private final List<String> columns;
  private final List<Object[]> rows = new ArrayList<>();

  SortableTable(String caption, String... columns) {
    this.caption = caption;
    this.columns = List.of(columns);
  }

  /** Adds a row: a cell is a number, a {@link Share}, or a text. */
  void row(Object... cells) {
    rows.add(cells);
  }

  /** Writes it, if it has a row. */
  void draw(Html html) {
    if (rows.isEmpty()) {
      return;
    }
    html.open("figure").open("div", "class", "head").element("figcaption", caption);
    if (rows.size() > SEARCHED) {
      html.open("input", "type", "search", "placeholder", "search", "aria-label", caption);
    }
    html.close("div").open("div", "class", "scroll tall");
    html.open("table", "class", "sortable").open("thead").open("tr");
    for (int i = 0; i < columns.size(); i++) {
      boolean text = rows.get(0)[i] instanceof String;
      html.element("th", columns.get(i), "class", text ? "words" : "");
    }
    html.close("tr").close("thead").open("tbody");
    double most =
        rows.stream()
            .flatMap(Arrays::stream)
            .mapToDouble(cell -> cell instanceof Share share ? share.value() : 0)
            .max()
            .orElse(1);
    for (Object[] row : rows) {
      html.open("tr");
      for (Object cell : row) {
        cell(html, cell, most);
      }
      html.close("tr");
    }
    html.close("tbody").close("table").close("div").close("figure");
  }

  private static void cell(Html html, Object cell, double most) {
    if (cell instanceof Share share) {
      html.element(
          "td",
          String.format(
              Locale.ROOT, share.value() < 0.001 ? "%.3f %%" : "%.1f %%", 100 * share.value()),
          "class",
          "share",
          "data-v",
          share.value(),
          "style",
          String.format(
              Locale.ROOT, "--share: %.2f%%", 100 * share.value() / Math.max(1e-12, most)));
    } else if (cell instanceof Double number) {
      html.element("td", String.format(Locale.ROOT, "%.3f", number), "data-v", number);
    } else if (cell instanceof Number number) {
      html.element("td", String.format(Locale.ROOT, "%,d", number.longValue()), "data-v", number);
    } else {
      html.element("td", cell, "class", "words", "dir", "auto");
    }
  }
}
