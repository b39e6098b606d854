package io.github.jaubert.train.data;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * The rows of files one after another, with all that stands in them: for files that are larger than
 * the memory. Whatever is wrong with a file is a {@link DataException}, when the row is reached.
 *
 * <pre>{@code
 * try (RowReader rows = new RowReader(Source.of(path), null, true)) {
 *   for (RowReader.Row row = rows.next(); row != null; row = rows.next()) {
 *     System.out.println(row.text("sentence"));
 *   }
 * }
 * }</pre>
 */
public final class RowReader implements AutoCloseable {
  private final Source source;
  private final TableFormat format;
  private final boolean header;
  private final Iterator<Path> files;
  private int file = -1; // the number of the one that is open
  private TableRows open; // null behind the last
  private Table headed; // columns of the first file that has a header
  private boolean named; // whether rows of the open file name their columns
  private boolean empty;
  private long before; // bytes of the files before

  /** A row. */
  public static final class Row {
    private final Table table; // has the names of the columns
    private final Table.Row cells;
    private final ObjectNode object;

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
      return object;
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
   * @param header whether the first line of each names the columns
   */
  public RowReader(Source source, TableFormat format, boolean header) {
    this.source = source;
    this.format = format;
    this.header = header;
    files = source.files().iterator();
    openNext();
  }

  /** The names of the columns, as far as the first rows of the files tell. */
  public List<String> columns() {
    // A pipe has its rows only once, and a file of it is told by its header.
    return source.canBeReadAgain()
        ? StoredRows.columns(source, format, header)
        : headed == null ? List.of() : headed.columns();
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
    TableFormat its = format == null ? TableFormat.of(next) : format;
    named = its.namesColumns();
    open = its.open(next, header);
    if (!named) {
      Table columns = new Table(Source.of(next), open.columns(), List.of(), Map.of());
      if (headed != null) {
        Table.requireSame(headed, columns);
      }
      headed = headed == null ? columns : headed;
    }
  }

  /** The next row, null behind the last. */
  public Row next() {
    while (open != null) {
      Table.Row row = open.next();
      if (row != null) {
        empty = false;
        Table.Row placed = new Table.Row(Source.line(file, row.line()), row.cells());
        Table table = new Table(source, open.columns(), List.of(), Map.of());
        return new Row(table, placed, object(row));
      }
      if (empty) {
        throw open.none();
      }
      openNext();
    }
    return null;
  }

  private ObjectNode object(Table.Row row) {
    if (open instanceof JsonRows json) {
      return json.object();
    }
    ObjectNode object = JsonFiles.object();
    List<String> columns = open.columns();
    for (int i = 0; i < columns.size(); i++) {
      object.put(SourceRows.free(object, columns.get(i)), row.cells().get(i).get(0));
    }
    return object;
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
