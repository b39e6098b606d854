package io.github.jaubert.train.data;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The rows of a file whose columns are known by position, which are held to one width. The first
 * row names the columns or, without a header, they are called 0, 1, 2, …
 */
final class CellRows extends TableRows {
  /** What divides a text into cells. */
  interface Cells {
    /** The cells of the next row, null behind the last. */
    List<String> next();

    /** The line on which the last row began, counted from 1. */
    long line();
  }

  private final boolean header;
  private final Utf8Reader text;
  private final Cells cells;
  private final List<String> columns;
  private List<String> first; // a row that was read to know how many columns there are

  /**
   * A file at its beginning.
   *
   * @param text of the file, which is closed with this
   * @throws DataException if there is nothing in it
   */
  CellRows(Path file, boolean header, Utf8Reader text, Cells cells) {
    super(file);
    this.header = header;
    this.text = text;
    this.cells = cells;
    List<String> row = cells.next();
    if (row == null) {
      throw super.none();
    }
    if (header && cells instanceof TsvCells && String.join("", row).indexOf('\r') >= 0) {
      throw new DataException(
          file.toString(),
          "its lines end in a carriage return alone; tr '\\r' '\\n' < FILE > OTHER makes them newlines");
    }
    first = header ? null : row;
    columns =
        header
            ? List.copyOf(row)
            : IntStream.range(0, row.size()).mapToObj(Integer::toString).toList();
  }

  @Override
  List<String> columns() {
    return columns;
  }

  @Override
  int width() {
    return columns.size();
  }

  @Override
  Table.Row next() {
    List<String> row = first == null ? cells.next() : first;
    first = null;
    if (row == null) {
      return null;
    }
    if (row.size() != columns.size()) {
      throw new DataException(
          source(),
          cells.line(),
          "%d columns where %s has %d"
              .formatted(row.size(), header ? "the header" : "the first row", columns.size()));
    }
    return new Table.Row(cells.line(), row.stream().map(List::of).collect(Collectors.toList()));
  }

  @Override
  DataException none() {
    return new DataException(
        source().toString(), "nothing follows the header " + String.join(", ", columns));
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
