package io.github.jaubert.train.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Tab-separated values without quoting. GLUE's files hold quotes that are never closed; a reader
 * that gives quotes a meaning swallows the line breaks after them and loses rows without a word.
 * Lines end with LF or CR LF; empty lines are skipped.
 */
final class TsvReader {
  private TsvReader() {}

  static Table read(Path file, boolean header) {
    String text = Utf8.read(file);
    RowCollector rows = new RowCollector(Source.of(file), header);
    long line = 0;
    for (int start = 0; start < text.length(); ) {
      int end = text.indexOf('\n', start);
      int next = end < 0 ? text.length() : end + 1;
      end = end < 0 ? text.length() : end;
      if (end > start && text.charAt(end - 1) == '\r') {
        end--;
      }
      line++;
      if (end > start) {
        rows.add(line, split(text, start, end));
      }
      start = next;
    }
    return rows.table();
  }

  private static List<String> split(String text, int start, int end) {
    List<String> cells = new ArrayList<>();
    for (int tab = text.indexOf('\t', start);
        tab >= 0 && tab < end;
        tab = text.indexOf('\t', start)) {
      cells.add(text.substring(start, tab));
      start = tab + 1;
    }
    cells.add(text.substring(start, end));
    return cells;
  }
}
