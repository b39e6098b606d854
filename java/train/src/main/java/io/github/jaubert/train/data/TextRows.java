package io.github.jaubert.train.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The lines of a file that are not empty, each a row with one column. */
final class TextRows extends TableRows {
  private final Utf8Reader text;
  private final TextLine lines;
  private final List<String> columns;

  TextRows(Path file, String column) {
    super(file);
    text = new Utf8Reader(file);
    lines = new TextLine(text, false);
    columns = List.of(column);
  }

  @Override
  List<String> columns() {
    return columns;
  }

  @Override
  int width() {
    return 1;
  }

  @Override
  Table.Row next() {
    String line = lines.next();
    while (line != null && line.isEmpty()) {
      line = lines.next();
    }
    return line == null
        ? null
        : new Table.Row(lines.number(), new ArrayList<>(List.of(List.of(line))));
  }

  @Override
  long bytesRead() {
    return text.bytesRead();
  }

  @Override
  public void close() {
    text.close();
  }
}
