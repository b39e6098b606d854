package io.github.jaubert.measure.card;

import java.util.List;

/** Texts of others in Markdown, where none of their characters means anything. */
final class Markdown {
  private static final String SPECIAL = "\\`*_{}[]<>#|~&$!";

  private Markdown() {}

  /** A text in a line. */
  static String text(String any) {
    StringBuilder out = new StringBuilder();
    any.codePoints()
        .map(c -> Character.isISOControl(c) || c == 0x2028 || c == 0x2029 ? ' ' : c)
        .forEach(
            c -> {
              if (SPECIAL.indexOf(c) >= 0) {
                out.append('\\');
              }
              out.appendCodePoint(c);
            });
    return out.toString();
  }

  /** A command or a name as it is typed, in a line. */
  static String code(String any) {
    String one = any.replaceAll("\\p{Cntrl}", " ");
    String fence = "`";
    while (one.contains(fence)) {
      fence += "`";
    }
    String space = one.startsWith("`") || one.endsWith("`") ? " " : "";
    return fence + space + one + space + fence;
  }

  /** A table of rows whose cells are Markdown. */
  static String table(List<String> header, List<List<String>> rows) {
    StringBuilder out = new StringBuilder(row(header));
    out.append("|").append("---|".repeat(header.size())).append('\n');
    rows.forEach(cells -> out.append(row(cells)));
    return out.toString();
  }

  private static String row(List<String> cells) {
    return "| " + String.join(" | ", cells) + " |\n";
  }
}
