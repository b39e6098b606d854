package io.github.jaubert.train.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.train.files.Packed;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/**
 * The rows of a file one after another, for what reads files that do not fit into memory. They are
 * the rows that {@link TextDataset} reads, with the same errors. Not for several threads.
 */
public final class RowStream implements AutoCloseable {
  private static final char BOM = '\uFEFF';

  /**
   * A row.
   *
   * @param line where it begins in the file, counted from 1
   * @param cells by column; a column of which the row has no value is not in it, one that holds an
   *     array has several
   */
  public record Row(long line, Map<String, List<String>> cells) {}

  /** How rows come out of a file. */
  private interface Source extends AutoCloseable {
    /** The next row, or null behind the last. */
    Row next() throws IOException;

    @Override
    default void close() throws IOException {}
  }

  private final String source;
  private final Source rows;
  private final Row first;
  private boolean begun;
  private List<String> columns;
  private long line;

  private RowStream(Path file, boolean header, SourceOf open) {
    source = file.toString();
    if (Files.isDirectory(file)) {
      throw new DataException(source, "is a folder, not a file");
    }
    Source opened = null;
    try {
      opened = open.of(this, header);
      rows = opened;
      first = read();
      if (first == null) {
        throw new DataException(
            source,
            columns == null
                ? "the file is empty"
                : "nothing follows the header " + String.join(", ", columns));
      }
      if (columns == null) {
        columns = List.copyOf(first.cells().keySet());
      }
    } catch (NoSuchFileException e) {
      throw new DataException(source, "no such file", e);
    } catch (CharacterCodingException e) {
      throw notUtf8();
    } catch (IOException e) {
      throw Packed.unreadable(source, e);
    } catch (RuntimeException e) {
      closed(opened);
      throw e;
    }
  }

  private interface SourceOf {
    Source of(RowStream stream, boolean header) throws IOException;
  }

  /**
   * Opens a file.
   *
   * @param header whether the first line names the columns; JSON lines and Parquet always do
   * @throws DataException if it cannot be read, is empty, or has no rows
   */
  public static RowStream open(Path file, TableFormat format, boolean header) {
    return new RowStream(
        file,
        header,
        (stream, named) ->
            switch (format) {
              case TSV -> stream.lines(file, line -> stream.cells(line, named));
              case CSV -> stream.quoted(file, ',', named);
              case QUOTED_TSV -> stream.quoted(file, '\t', named);
              case JSONL -> stream.lines(file, stream::object);
              case PARQUET -> stream.parquet(file);
            });
  }

  /**
   * Opens a file of which every line that is not empty is a row, with one column.
   *
   * @param column what it is called
   * @throws DataException as {@link #open}
   */
  public static RowStream texts(Path file, String column) {
    return new RowStream(
        file,
        false,
        (stream, named) ->
            stream.lines(
                file,
                text -> {
                  stream.columns = List.of(column);
                  return new Row(stream.line, Map.of(column, List.of(text)));
                }));
  }

  /** The file, as errors name it. */
  public String source() {
    return source;
  }

  /** The names of the columns; of JSON lines and Parquet those of the first row. */
  public List<String> columns() {
    return columns;
  }

  /**
   * The next row, or null behind the last.
   *
   * @throws DataException if it cannot be read, or has another number of cells than the header
   */
  public Row next() {
    if (!begun) {
      begun = true;
      return first;
    }
    return read();
  }

  private Row read() {
    try {
      return rows.next();
    } catch (CharacterCodingException e) {
      throw notUtf8();
    } catch (UncheckedIOException e) {
      throw new DataException(source, line + 1, e.getCause().getMessage());
    } catch (IOException e) {
      throw Packed.unreadable(source, e);
    } catch (OutOfMemoryError e) {
      throw new DataException(
          source,
          "row %d does not fit into memory; give Java more with -Xmx".formatted(line + 1),
          e);
    }
  }

  private DataException notUtf8() {
    return new DataException(
        source,
        line + 1,
        "bytes at or behind this line are not UTF-8; convert the file, for example with iconv -t"
            + " UTF-8");
  }

  // ---- text ----

  private static BufferedReader reader(Path file) throws IOException {
    InputStream raw;
    try {
      raw = new FileInputStream(file.toFile());
    } catch (FileNotFoundException e) {
      throw Files.exists(file) ? e : new NoSuchFileException(file.toString());
    }
    BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(
                Packed.unpack(new BufferedInputStream(raw, 1 << 16)),
                StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)),
            1 << 16);
    reader.mark(1);
    if (reader.read() != BOM) {
      reader.reset();
    }
    return reader;
  }

  private interface LineReader {
    /** The row of a line, or null if it is none. */
    Row of(String line);
  }

  private Source lines(Path file, LineReader of) throws IOException {
    BufferedReader reader = reader(file);
    Lines lines = new Lines(reader);
    return new Source() {
      @Override
      public Row next() throws IOException {
        for (String text = lines.next(); text != null; text = lines.next()) {
          line++;
          Row row = text.isEmpty() ? null : of.of(text);
          if (row != null) {
            return row;
          }
        }
        return null;
      }

      @Override
      public void close() throws IOException {
        reader.close();
      }
    };
  }

  private Row cells(String text, boolean header) {
    List<String> cells = new ArrayList<>();
    int start = 0;
    for (int tab = text.indexOf('\t'); tab >= 0; tab = text.indexOf('\t', start)) {
      cells.add(text.substring(start, tab));
      start = tab + 1;
    }
    cells.add(text.substring(start));
    return row(line, cells, header);
  }

  /** The row, or null if it is the header. */
  private Row row(long begin, List<String> cells, boolean header) {
    if (columns == null) {
      columns =
          header
              ? List.copyOf(cells)
              : IntStream.range(0, cells.size()).mapToObj(Integer::toString).toList();
      if (header) {
        return null;
      }
    }
    if (cells.size() != columns.size()) {
      throw new DataException(
          source,
          begin,
          "%d columns where %s has %d"
              .formatted(cells.size(), header ? "the header" : "the first row", columns.size()));
    }
    Map<String, List<String>> named = new LinkedHashMap<>();
    for (int i = 0; i < cells.size(); i++) {
      named.putIfAbsent(columns.get(i), List.of(cells.get(i)));
    }
    return new Row(begin, named);
  }

  private Source quoted(Path file, char delimiter, boolean header) throws IOException {
    CSVFormat format =
        CSVFormat.RFC4180.builder().setIgnoreEmptyLines(true).setDelimiter(delimiter).get();
    CSVParser parser = CSVParser.parse(reader(file), format);
    var records = parser.iterator();
    return new Source() {
      @Override
      public Row next() {
        while (records.hasNext()) {
          CSVRecord record = records.next();
          long begin = line + 1;
          line = parser.getCurrentLineNumber();
          Row row = row(begin, record.toList(), header);
          if (row != null) {
            return row;
          }
        }
        return null;
      }

      @Override
      public void close() throws IOException {
        parser.close();
      }
    };
  }

  // ---- objects ----

  private Row object(String text) {
    return text.isBlank() ? null : row(JsonReader.object(source, line, text));
  }

  private Row row(ObjectNode object) {
    Map<String, JsonNode> values = new LinkedHashMap<>();
    JsonReader.flatten(source, line, "", object, values);
    Map<String, List<String>> cells = new LinkedHashMap<>();
    values.forEach(
        (column, value) -> {
          List<String> cell = JsonReader.cell(value);
          if (cell != null) {
            cells.put(column, cell);
          }
        });
    if (columns == null) {
      columns = List.copyOf(values.keySet());
    }
    return new Row(line, cells);
  }

  private Source parquet(Path file) {
    RowSource.Rows objects = RowSource.of(file);
    return new Source() {
      @Override
      public Row next() throws IOException {
        ObjectNode object;
        try {
          object = objects.next();
        } catch (IOException e) {
          throw new DataException(source, line + 1, e.getMessage());
        }
        line++;
        return object == null ? null : row(object);
      }

      @Override
      public void close() {
        objects.close();
      }
    };
  }

  /** Closes the file. */
  @Override
  public void close() {
    closed(rows);
  }

  private static void closed(Source source) {
    try {
      if (source != null) {
        source.close();
      }
    } catch (IOException e) {
      // Nothing was written to it.
    }
  }

  /** Lines that end with LF or CR LF, as {@link TsvReader} splits them: CR alone ends none. */
  private static final class Lines {
    private final BufferedReader reader;
    private final char[] buffer = new char[1 << 15];
    private int at;
    private int filled;

    Lines(BufferedReader reader) {
      this.reader = reader;
    }

    String next() throws IOException {
      StringBuilder more = null;
      while (true) {
        if (at == filled) {
          filled = reader.read(buffer);
          at = 0;
          if (filled <= 0) {
            filled = 0;
            return more == null ? null : ended(more.toString());
          }
        }
        int end = at;
        while (end < filled && buffer[end] != '\n') {
          end++;
        }
        if (end < filled && more == null) {
          String line = new String(buffer, at, end - at);
          at = end + 1;
          return ended(line);
        }
        more = more == null ? new StringBuilder() : more;
        more.append(buffer, at, end - at);
        at = Math.min(end + 1, filled);
        if (end < filled) {
          return ended(more.toString());
        }
      }
    }

    private static String ended(String line) {
      return line.endsWith("\r") ? line.substring(0, line.length() - 1) : line;
    }
  }
}
