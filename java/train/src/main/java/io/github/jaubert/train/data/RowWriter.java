package io.github.jaubert.train.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.train.files.Packed;
import java.io.BufferedWriter;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.commons.csv.CSVFormat;

/**
 * Writes rows with more columns one after another, as {@link TableFormat#TSV}, {@link
 * TableFormat#CSV} or {@link TableFormat#JSONL}, packed if the name of the file says so. The
 * columns of a table are those of its first row.
 */
public final class RowWriter implements Closeable {
  private static final int BUFFER = 1 << 16;

  private final Source source;
  private final TableFormat format;
  private final boolean header;
  private final Writer out;
  private List<String> columns; // null before the first row; unused of JSON lines

  /**
   * Writes to a stream, which is closed with this.
   *
   * @param source of the rows, as errors name them
   * @param to whose name says the format and how it is packed
   * @param header whether a table begins with the names of its columns
   * @throws DataException if it is no format that rows are written in
   */
  public RowWriter(Source source, Path to, OutputStream stream, boolean header) throws IOException {
    this.source = source;
    this.header = header;
    format = formatOf(to);
    out =
        new BufferedWriter(
            new OutputStreamWriter(Packed.pack(stream, to), StandardCharsets.UTF_8), BUFFER);
  }

  /**
   * The format that rows are written in.
   *
   * @throws DataException if the name of the file ends in none
   */
  public static TableFormat formatOf(Path to) {
    TableFormat format = TableFormat.of(to);
    if (format == TableFormat.PARQUET) {
      throw new DataException(
          to.toString(), "rows are written as .tsv, .csv or .jsonl, also with .gz or .zst behind");
    }
    return format;
  }

  /**
   * Writes a row.
   *
   * @param line where it comes from
   * @param row which is changed
   * @param added its further columns; where a name is taken, _ is put behind it
   * @throws DataException if the format cannot hold the row
   */
  public void write(long line, ObjectNode row, ObjectNode added) throws IOException {
    for (Map.Entry<String, JsonNode> cell : added.properties()) {
      row.set(SourceRows.free(row, cell.getKey()), cell.getValue());
    }
    if (format == TableFormat.JSONL) {
      out.write(row.toString());
      out.write('\n');
      return;
    }
    if (columns == null) {
      columns = new ArrayList<>();
      row.fieldNames().forEachRemaining(columns::add);
      if (header) {
        write(line, columns, columns);
      }
    }
    row.fieldNames()
        .forEachRemaining(
            name -> {
              if (!columns.contains(name)) {
                throw new DataException(
                    source,
                    line,
                    name
                        + " is a key that the first row lacks, and so a table has no column for it;"
                        + " write .jsonl");
              }
            });
    write(line, columns, columns.stream().map(name -> SourceRows.text(row, name)).toList());
  }

  private void write(long line, List<String> names, List<String> cells) throws IOException {
    if (format == TableFormat.TSV) {
      for (int i = 0; i < cells.size(); i++) {
        SourceRows.requireFits(source, line, names.get(i), cells.get(i));
      }
      out.write(String.join("\t", cells));
    } else {
      CSVFormat quoted = format == TableFormat.CSV ? SourceRows.COMMAS : SourceRows.TABS;
      out.write(quoted.format(cells.toArray()));
    }
    out.write('\n');
  }

  /** Writes what is left. */
  @Override
  public void close() throws IOException {
    out.close();
  }
}
