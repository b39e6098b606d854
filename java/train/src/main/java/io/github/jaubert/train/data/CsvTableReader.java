package io.github.jaubert.train.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/** Values between commas, or tabs, quoted as RFC 4180 defines it; empty lines are skipped. */
final class CsvTableReader {
  private static final CSVFormat FORMAT =
      CSVFormat.RFC4180.builder().setIgnoreEmptyLines(true).get();

  private CsvTableReader() {}

  static Table read(Path file, boolean header, char delimiter) {
    RowCollector rows = new RowCollector(Source.of(file), header);
    CSVFormat format = FORMAT.builder().setDelimiter(delimiter).get();
    long end = 0; // the line on which the last row ended
    try (CSVParser parser = CSVParser.parse(Utf8.read(file), format)) {
      for (CSVRecord row : parser) {
        end = parser.getCurrentLineNumber();
        rows.add(end - lineBreaks(row), row.toList());
      }
    } catch (UncheckedIOException e) {
      throw new DataException(file.toString(), end + 1, e.getCause().getMessage());
    } catch (IOException e) {
      throw new DataException(file.toString(), "cannot be read: " + e.getMessage(), e);
    }
    return rows.table();
  }

  private static long lineBreaks(CSVRecord row) {
    return row.stream()
        .mapToLong(
            cell -> cell.replace("\r\n", "\n").chars().filter(c -> c == '\n' || c == '\r').count())
        .sum();
  }
}
