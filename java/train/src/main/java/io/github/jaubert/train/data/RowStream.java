package io.github.jaubert.train.data;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The rows of a file one after another, for what reads files that do not fit into memory. They are
 * the rows that {@link TextDataset} reads, with the same errors. Not for several threads.
 */
public final class RowStream implements AutoCloseable {
  /**
   * A row.
   *
   * @param line where it begins in the file, counted from 1
   * @param cells by column; a column of which the row has no value is not in it, one that holds an
   *     array has several
   */
  public record Row(long line, Map<String, List<String>> cells) {}

  private final TableRows rows;
  private final List<String> columns; // null: those of the file
  private Table.Row first; // read to know the columns
  private long line;

  /**
   * @param columns what the columns are called; null for what the file calls them
   */
  private RowStream(TableRows rows, List<String> columns) {
    this.rows = rows;
    this.columns = columns;
    try {
      first = rows.next();
      if (first == null) {
        throw rows.none();
      }
    } catch (RuntimeException | Error e) {
      rows.close();
      throw e;
    }
  }

  /**
   * Opens a file.
   *
   * @param header whether the first line names the columns; JSON lines and Parquet always do
   * @throws DataException if it cannot be read, is empty, or has no rows
   */
  public static RowStream open(Path file, TableFormat format, boolean header) {
    return new RowStream(format.open(file, header), null);
  }

  /**
   * Opens a file of which every line that is not empty is a row, with one column.
   *
   * @param column what it is called
   * @throws DataException as {@link #open}
   */
  public static RowStream texts(Path file, String column) {
    Utf8Reader text = new Utf8Reader(file);
    return new RowStream(
        new CellRows(file, false, text, new Texts(new TextLine(text, false))), List.of(column));
  }

  /** Every line that is not empty is one cell. */
  private record Texts(TextLine lines) implements CellRows.Cells {
    @Override
    public List<String> next() {
      String text = lines.next();
      while (text != null && text.isEmpty()) {
        text = lines.next();
      }
      return text == null ? null : List.of(text);
    }

    @Override
    public long line() {
      return lines.number();
    }
  }

  /** The file, as errors name it. */
  public String source() {
    return rows.source().toString();
  }

  /** The names of the columns; of JSON lines and Parquet those that turned up so far. */
  public List<String> columns() {
    return columns == null ? List.copyOf(rows.columns()) : columns;
  }

  /**
   * The next row, or null behind the last.
   *
   * @throws DataException if it cannot be read, or has another number of cells than the header
   */
  public Row next() {
    Table.Row row = first;
    first = null;
    if (row == null) {
      row = read();
    }
    if (row == null) {
      return null;
    }
    line = row.line();
    Map<String, List<String>> cells = new LinkedHashMap<>();
    List<String> names = columns == null ? rows.columns() : columns;
    for (int i = 0; i < row.cells().size(); i++) {
      List<String> cell = row.cells().get(i);
      if (cell != null && cell != Table.NESTED) {
        cells.put(names.get(i), cell);
      }
    }
    return new Row(row.line(), cells);
  }

  private Table.Row read() {
    try {
      return rows.next();
    } catch (OutOfMemoryError e) {
      throw new DataException(
          source(),
          "the row behind line %d does not fit into memory; give Java more with -Xmx"
              .formatted(line),
          e);
    }
  }

  @Override
  public void close() {
    rows.close();
  }
}
