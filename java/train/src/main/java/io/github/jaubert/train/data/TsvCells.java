package io.github.jaubert.train.data;

import java.io.Reader;
import java.util.ArrayList;
import java.util.List;

/**
 * Tab-separated values without quoting. GLUE's files hold quotes that are never closed; a reader
 * that gives quotes a meaning swallows the line breaks after them and loses rows without a word.
 * Lines end with LF or CR LF; empty lines are skipped.
 */
final class TsvCells implements CellRows.Cells {
  private final TextLine lines;

  TsvCells(Reader text) {
    lines = new TextLine(text, false);
  }

  @Override
  public List<String> next() {
    String line = lines.next();
    while (line != null && line.isEmpty()) {
      line = lines.next();
    }
    return line == null ? null : split(line);
  }

  @Override
  public long line() {
    return lines.number();
  }

  private static List<String> split(String line) {
    List<String> cells = new ArrayList<>();
    int start = 0;
    for (int tab = line.indexOf('\t'); tab >= 0; tab = line.indexOf('\t', start)) {
      cells.add(line.substring(start, tab));
      start = tab + 1;
    }
    cells.add(line.substring(start));
    return cells;
  }
}
