package io.github.jaubert.train.data;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * The rows of files one after another, with all that stands in them: for files that are larger than
 * the memory. They are the rows that {@link TextDataset} reads, with the same errors: whatever is
 * wrong with a file is a {@link DataException}, when the row is reached. Not for several threads.
 *
 * <pre>{@code
 * try (RowReader rows = new RowReader(path, null, true)) {
 *   for (RowReader.Row row = rows.next(); row != null; row = rows.next()) {
 *     System.out.println(row.text("sentence"));
 *   }
 * }
 * }</pre>
 */
public final class RowReader implements AutoCloseable {
  /** How a file is opened. */
  private interface Opener {
    TableRows open(Path file);
  }

  private final Source source;
  private final TableFormat format; // null for what the name of each file ends in
  private final boolean header;
  private final Opener opener;
  private final Iterator<Path> files;
  private int file = -1; // the number of the one that is open
  private TableRows open; // null behind the last
  private Table headed; // columns of the first file that has a header
  private Row peeked; // read before it was asked for, to know the columns
  private boolean empty; // no row of the open file was read
  private long line; // of the last row
  private long before; // bytes of the files before

  /** A row. */
  public static final class Row {
    private final Table table; // has the names of the columns
    private final Table.Row cells;
    private final ObjectNode object; // null if it is made of the cells

    private Row(Table table, Table.Row cells, ObjectNode object) {
      this.table = table;
      this.cells = cells;
      this.object = object;
    }

    /** Where it begins, see {@link Source#place}. */
    public long line() {
      return cells.line();
    }

    /** Its cells by column; of two columns of a name the second has _ behind it. */
    public ObjectNode object() {
      if (object != null) {
        return object;
      }
      ObjectNode made = JsonFiles.object();
      for (int i = 0; i < table.columns().size(); i++) {
        made.put(SourceRows.free(made, table.columns().get(i)), cells.cells().get(i).get(0));
      }
      return made;
    }

    /** Whether it has a text, or an array of texts, in a column. */
    public boolean has(String column) {
      int index = table.columns().indexOf(column);
      List<String> cell =
          index < 0 || index >= cells.cells().size() ? null : cells.cells().get(index);
      return cell != null && cell != Table.NESTED;
    }

    /**
     * The text of a column.
     *
     * @throws DataException if the row has no such column, or no single text in it
     */
    public String text(String column) {
      List<String> cell = texts(column);
      if (cell.size() != 1) {
        throw new DataException(
            table.source(), line(), column + " is an array; one text was expected");
      }
      return cell.get(0);
    }

    /**
     * The texts of a column, of which there may be several in JSON lines and Parquet.
     *
     * @throws DataException if the row has no such column, or what is no text in it
     */
    public List<String> texts(String column) {
      return table.cell(cells, table.columns().indexOf(column), column);
    }
  }

  /**
   * Opens files.
   *
   * @param format null for what the name of each file ends in
   * @param header whether the first line of each names the columns; JSON lines and Parquet always
   *     do
   */
  public RowReader(Source source, TableFormat format, boolean header) {
    this(source, format, header, file -> of(format, file).open(file, header));
  }

  /** Opens one file. */
  public RowReader(Path file, TableFormat format, boolean header) {
    this(Source.of(file), format, header);
  }

  private RowReader(Source source, TableFormat format, boolean header, Opener opener) {
    this.source = source;
    this.format = format;
    this.header = header;
    this.opener = opener;
    files = source.files().iterator();
    openNext();
  }

  /**
   * Opens a file of which every line that is not empty is a row, with one column.
   *
   * @param column what it is called
   * @throws DataException if it cannot be read
   */
  public static RowReader lines(Path file, String column) {
    return new RowReader(
        Source.of(file), TableFormat.TSV, false, text -> new TextRows(text, column));
  }

  private static TableFormat of(TableFormat format, Path file) {
    return format == null ? TableFormat.of(file) : format;
  }

  /** The files, as errors call them. */
  public Source source() {
    return source;
  }

  /** The names of the columns, as far as the first rows of the files tell. */
  public List<String> columns() {
    if (headed != null && source.files().size() == 1) {
      return headed.columns();
    }
    if (source.canBeReadAgain()) {
      return StoredRows.columns(source, format, header);
    }
    // A pipe has its rows only once.
    peeked = peeked == null ? next() : peeked;
    return open == null ? List.of() : List.copyOf(open.columns());
  }

  private void openNext() {
    close();
    open = null;
    if (!files.hasNext()) {
      return;
    }
    if (file >= 0) {
      before += Source.of(source.files().get(file)).size();
    }
    Path next = files.next();
    file++;
    empty = true;
    open = opener.open(next);
    if (!of(format, next).namesColumns()) {
      Table columns = new Table(Source.of(next), open.columns(), List.of(), Map.of());
      if (headed != null) {
        Table.requireSame(headed, columns);
      }
      headed = headed == null ? columns : headed;
    }
  }

  /** The next row, null behind the last. */
  public Row next() {
    if (peeked != null) {
      Row row = peeked;
      peeked = null;
      return row;
    }
    while (open != null) {
      Table.Row row = read();
      if (row != null) {
        empty = false;
        line = Source.line(file, row.line());
        Table table = new Table(source, open.columns(), List.of(), Map.of());
        return new Row(
            table,
            new Table.Row(line, row.cells()),
            open instanceof JsonRows json ? json.object() : null);
      }
      if (empty) {
        throw open.none();
      }
      openNext();
    }
    return null;
  }

  private Table.Row read() {
    try {
      return open.next();
    } catch (OutOfMemoryError e) {
      throw new DataException(
          source.toString(),
          "the row behind line %d does not fit into memory; give Java more with -Xmx"
              .formatted(Source.inFile(line)),
          e);
    }
  }

  /** How many bytes of the files were read; less than that where rows are Parquet. */
  public long bytesRead() {
    return before + (open == null ? 0 : open.bytesRead());
  }

  @Override
  public void close() {
    if (open != null) {
      open.close();
    }
  }
}
