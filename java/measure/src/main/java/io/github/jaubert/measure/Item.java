package io.github.jaubert.measure;

import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.Example;
import io.github.jaubert.train.data.RowReader;
import io.github.jaubert.train.data.TableFormat;
import io.github.jaubert.train.data.TextDataset;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A row as it is measured.
 *
 * @param text null if it has none
 * @param pair the second text; null if it has none
 * @param labels none if it has none
 */
record Item(String text, String pair, List<String> labels, long line) {
  /** Both texts; empty if the first is missing. */
  String all() {
    return text == null ? "" : pair == null ? text : text + "\n" + pair;
  }

  /** Rows one after another. */
  interface Items extends AutoCloseable {
    /** How errors call them. */
    String source();

    /** The next, or null behind the last. */
    Item next();

    @Override
    void close();
  }

  /** What a data set is read from: opened each time it is read. */
  interface Source {
    Items open(Columns columns);
  }

  /**
   * Which columns are read.
   *
   * @param text null for a file of lines
   * @param pair null if there are no second texts
   * @param label null if there are no labels
   * @param separator what stands between labels; null if a row has one
   */
  record Columns(String text, String pair, String label, String separator) {}

  /** Rows of a table; a format of null stands for a text in each line. */
  static Source file(Path file, TableFormat format, boolean header) {
    return columns ->
        new FileItems(
            format == null
                ? RowReader.lines(file, columns.text())
                : new RowReader(file, format, header),
            columns);
  }

  /** Rows in memory. */
  static Source dataset(TextDataset data) {
    return columns -> {
      Iterator<Example> rows = data.rows().iterator();
      return new Items() {
        @Override
        public String source() {
          return data.source();
        }

        @Override
        public Item next() {
          if (!rows.hasNext()) {
            return null;
          }
          Example row = rows.next();
          return new Item(row.text(), row.secondText(), row.labels(), row.line());
        }

        @Override
        public void close() {}
      };
    };
  }

  private static final class FileItems implements Items {
    private final RowReader rows;
    private final Columns columns;
    private final Pattern separator;

    FileItems(RowReader rows, Columns columns) {
      this.rows = rows;
      this.columns = columns;
      separator =
          columns.separator() == null
              ? null
              : Pattern.compile(columns.separator(), Pattern.LITERAL);
      for (String column : new String[] {columns.text(), columns.pair(), columns.label()}) {
        if (column != null && !rows.columns().contains(column)) {
          rows.close();
          throw new DataException(
              source(),
              "no column %s; the columns are %s"
                  .formatted(column, String.join(", ", rows.columns())));
        }
      }
    }

    @Override
    public String source() {
      return rows.source().toString();
    }

    @Override
    public Item next() {
      RowReader.Row row = rows.next();
      return row == null
          ? null
          : new Item(text(row, columns.text()), text(row, columns.pair()), labels(row), row.line());
    }

    private String text(RowReader.Row row, String column) {
      return column == null || !row.has(column) ? null : row.text(column);
    }

    private List<String> labels(RowReader.Row row) {
      if (columns.label() == null || !row.has(columns.label())) {
        return List.of();
      }
      List<String> cell = row.texts(columns.label());
      if (separator != null && cell.size() == 1) {
        cell = separator.splitAsStream(cell.get(0)).toList();
      }
      return cell.stream().map(String::strip).filter(label -> !label.isEmpty()).toList();
    }

    @Override
    public void close() {
      rows.close();
    }
  }
}
