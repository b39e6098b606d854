package io.github.jaubert.cli.measure;

import io.github.jaubert.cli.console.Figures;
import io.github.jaubert.measure.bias.BiasReport;
import io.github.jaubert.measure.bias.BiasTable;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** A report on bias for a terminal. */
public final class BiasText {
  private static final int WIDTH = 100;
  private static final int INDENT = 4;
  private static final int SPACE = 2;

  /** Names of rows may be whole sentences. */
  private static final int NAME = 48;

  private BiasText() {}

  public static void print(PrintWriter out, BiasReport report) {
    out.println("Bias of " + String.join(" and ", report.models()));
    wrap(out, BiasReport.NOTE, "  ");
    for (BiasReport.Section section : report.sections()) {
      out.println();
      out.println(section.result().title());
      wrap(out, section.result().measures(), "  ");
      section.tables().forEach(table -> table(out, table));
      out.println();
      section.result().caveats().forEach(caveat -> wrap(out, caveat, "  ! "));
    }
    out.println();
  }

  /** A table, in several parts one below the other if it is too wide for a line. */
  static void table(PrintWriter out, BiasTable table) {
    List<List<String>> lines = new ArrayList<>();
    List<String> head = new ArrayList<>(List.of(""));
    table.columns().forEach(column -> head.add(oneLine(column)));
    lines.add(head);
    for (BiasTable.Row row : table.rows()) {
      List<String> line = new ArrayList<>(List.of(oneLine(row.name())));
      row.cells().forEach(cell -> line.add(oneLine(Objects.toString(cell, ""))));
      lines.add(line);
    }
    int[] widths = new int[head.size()];
    lines.forEach(
        line -> {
          for (int i = 0; i < widths.length; i++) {
            widths[i] = Math.max(widths[i], line.get(i).length());
          }
        });
    widths[0] = Math.min(widths[0], NAME);
    out.println();
    out.println("  " + oneLine(table.title()));
    for (int from = 1; from < widths.length || from == 1; ) {
      int to = end(widths, from);
      if (from > 1) {
        out.println();
      }
      part(out, lines, widths, from, to);
      from = to;
    }
  }

  /** Behind the last column that is on the same lines; at least one is. */
  private static int end(int[] widths, int from) {
    int width = INDENT + widths[0];
    int to = from;
    while (to < widths.length && (to == from || width + SPACE + widths[to] <= WIDTH)) {
      width += SPACE + widths[to++];
    }
    return Math.max(to, from + 1);
  }

  private static void part(
      PrintWriter out, List<List<String>> lines, int[] widths, int from, int to) {
    for (List<String> line : lines) {
      StringBuilder text = new StringBuilder(" ".repeat(INDENT));
      text.append(padded(line.get(0), widths[0]));
      for (int i = from; i < Math.min(to, widths.length); i++) {
        text.append(" ".repeat(SPACE)).append(padded(line.get(i), widths[i]));
      }
      out.println(text.toString().stripTrailing());
    }
  }

  private static String padded(String text, int width) {
    return text.length() <= width
        ? text + " ".repeat(width - text.length())
        : text.substring(0, width - 1) + "…";
  }

  /** Texts of a data set may hold anything. */
  private static String oneLine(String text) {
    return Figures.shortened(text.replaceAll("[\\p{Cntrl}\\s]+", " "));
  }

  private static void wrap(PrintWriter out, String text, String indent) {
    StringBuilder line = new StringBuilder(indent);
    for (String word : text.split(" ")) {
      if (line.length() + word.length() > WIDTH) {
        out.println(line.toString().stripTrailing());
        line = new StringBuilder(" ".repeat(indent.length()));
      }
      line.append(word).append(' ');
    }
    out.println(line.toString().stripTrailing());
  }
}
