package io.github.jaubert.train.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/** Values between commas, or tabs, quoted as RFC 4180 defines it; empty lines are skipped. */
final class CsvCells implements CellRows.Cells {
  private static final CSVFormat FORMAT =
      CSVFormat.RFC4180.builder().setIgnoreEmptyLines(true).get();

  private final Path file;
  private final CSVParser parser;
  private final Iterator<CSVRecord> records;
  private long line;
  private long end; // the line on which the last row ended

  CsvCells(Path file, Utf8Reader text, char delimiter) {
    this.file = file;
    try {
      parser = CSVParser.parse(text, FORMAT.builder().setDelimiter(delimiter).get());
    } catch (IOException e) {
      throw new DataException(file.toString(), "cannot be read: " + e.getMessage(), e);
    }
    records = parser.iterator();
  }

  @Override
  public List<String> next() {
    try {
      if (!records.hasNext()) {
        return null;
      }
      CSVRecord row = records.next();
      end = parser.getCurrentLineNumber();
      line = end - lineBreaks(row);
      return row.toList();
    } catch (UncheckedIOException e) {
      throw new DataException(file.toString(), end + 1, e.getCause().getMessage());
    }
  }

  @Override
  public long line() {
    return line;
  }

  private static long lineBreaks(CSVRecord row) {
    long count = 0;
    for (String cell : row) {
      for (int i = 0; i < cell.length(); i++) {
        char c = cell.charAt(i);
        boolean pair = c == '\n' && i > 0 && cell.charAt(i - 1) == '\r';
        count += (c == '\n' || c == '\r') && !pair ? 1 : 0;
      }
    }
    return count;
  }
}
