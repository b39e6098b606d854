package io.github.jaubert.train.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The rows of a file one after another, for files that are larger than the memory. Whatever is
 * wrong with the file is a {@link DataException}, when the row is reached.
 */
abstract class TableRows implements AutoCloseable {
  private final Source source;

  TableRows(Path file) {
    source = Source.of(file);
  }

  final Source source() {
    return source;
  }

  /** The names of the columns that are known so far; more may turn up behind them. */
  abstract List<String> columns();

  /** How many columns these are. */
  abstract int width();

  /** The next row, which may lack the last columns; null behind the last. */
  abstract Table.Row next();

  /** The columns of flags in the rows so far, see {@link Table#flags}. */
  Map<String, String> flags() {
    return Map.of();
  }

  /** How many bytes of the file were read; 0 if that is not known. */
  abstract long bytesRead();

  /**
   * All rows that are left.
   *
   * @throws DataException if there is none
   */
  final Table table() {
    List<Table.Row> rows = new ArrayList<>();
    for (Table.Row row = next(); row != null; row = next()) {
      rows.add(row);
    }
    if (rows.isEmpty()) {
      throw none();
    }
    return new Table(source, List.copyOf(columns()), rows, flags()).padded();
  }

  /** What is wrong with a file without rows. */
  DataException none() {
    return new DataException(source.toString(), "the file is empty");
  }

  @Override
  public abstract void close();
}
