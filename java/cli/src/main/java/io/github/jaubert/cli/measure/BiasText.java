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

  private static void table(PrintWriter out, BiasTable table) {
    List<List<String>> lines = new ArrayList<>();
    List<String> head = new ArrayList<>(List.of(""));
    table.columns().forEach(column -> head.add(Figures.shortened(column)));
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
    out.println();
    out.println("  " + oneLine(table.title()));
    for (List<String> line : lines) {
      StringBuilder text = new StringBuilder("   ");
      for (int i = 0; i < widths.length; i++) {
        text.append(' ')
            .append(line.get(i))
            .append(" ".repeat(widths[i] - line.get(i).length() + 1));
      }
      out.println(text.toString().stripTrailing());
    }
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
