package io.github.jaubert.train.data;

import io.github.jaubert.train.files.Packed;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The formats a data set is read from. All but Parquet are UTF-8, with or without a byte order
 * mark, plain or packed with gzip or zstd.
 */
public enum TableFormat {
  /**
   * Cells between tabs, and nothing else: a quote is a character like any other, as in the files of
   * GLUE.
   */
  TSV,
  /** Cells between tabs, quoted as in CSV, as pandas writes them. */
  QUOTED_TSV,
  /**
   * Comma-separated values by RFC 4180: cells may be quoted, and then hold commas, line breaks and
   * doubled quotes.
   */
  CSV,
  /** One JSON object a line; its keys are the columns. A label may be an array of labels. */
  JSONL,
  /**
   * Apache Parquet, read with {@code jaubert-parquet}, if that is on the class path. Columns as of
   * JSON lines; rows count as lines.
   */
  PARQUET,
  /**
   * A folder with a folder for each label, in which each file is a text: columns {@code text},
   * {@code label} and {@code file}. Files beside those folders, and hidden ones, are passed over.
   */
  FOLDERS;

  /**
   * The format that the end of a file's name stands for: {@code .tsv}, {@code .csv}, {@code .jsonl}
   * (or {@code .ndjson}), also with {@code .gz} or {@code .zst} behind it, or {@code .parquet}. A
   * folder is {@link #FOLDERS}.
   *
   * @throws DataException if it is none of these
   */
  public static TableFormat of(Path file) {
    if (Files.isDirectory(file)) {
      return FOLDERS;
    }
    String name = Packed.nameOf(file);
    if (name.endsWith(".tsv") || name.endsWith(".tab")) {
      return TSV;
    }
    if (name.endsWith(".csv")) {
      return CSV;
    }
    if (name.endsWith(".jsonl") || name.endsWith(".ndjson")) {
      return JSONL;
    }
    if (name.endsWith(".parquet")) {
      return PARQUET;
    }
    throw new DataException(
        file.toString(),
        "its name does not end in .tsv, .csv, .jsonl or .parquet; choose its TableFormat");
  }

  /** Whether rows are objects that name their columns, so that there is no header. */
  public boolean namesColumns() {
    return this == JSONL || this == PARQUET || this == FOLDERS;
  }

  /** Whether all files are of it; {@code format} is null for what their names end in. */
  boolean isThatOf(Source files, TableFormat format) {
    return files.files().stream().allMatch(file -> (format == null ? of(file) : format) == this);
  }

  /**
   * The rows of a file one after another.
   *
   * @throws DataException if it cannot be read, or has nothing in it
   */
  TableRows open(Path file, boolean header) {
    return switch (this) {
      case TSV -> {
        Utf8Reader text = new Utf8Reader(file);
        yield new CellRows(file, header, text, new TsvCells(text));
      }
      case QUOTED_TSV -> quoted(file, header, '\t');
      case CSV -> quoted(file, header, ',');
      case JSONL -> JsonRows.lines(file);
      case PARQUET -> JsonRows.parquet(file);
      case FOLDERS -> new FolderRows(file);
    };
  }

  private static TableRows quoted(Path file, boolean header, char delimiter) {
    Utf8Reader text = new Utf8Reader(file);
    return new CellRows(file, header, text, new CsvCells(file, text, delimiter));
  }

  Table read(Path file, boolean header) {
    try (TableRows rows = open(file, header)) {
      return rows.table();
    } catch (OutOfMemoryError e) {
      throw new DataException(
          file.toString(), "does not fit into memory; split it or give Java more with -Xmx", e);
    }
  }
}
