package io.github.jaubert.train.data;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.AtomicFile;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.ObjLongConsumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.commons.csv.CSVFormat;

/**
 * The rows of a file as they stand there, whatever their columns are for, so that some of them can
 * be written to another file, with more columns. A row is known by the line on which it begins,
 * which data sets know, too. Immutable.
 */
public final class SourceRows {
  static final CSVFormat COMMAS = CSVFormat.RFC4180.builder().setRecordSeparator("\n").get();

  static final CSVFormat TABS = COMMAS.builder().setDelimiter('\t').get();

  private final Source source;
  private final boolean header;
  private final List<String> columns;
  private final SortedMap<Long, ObjectNode> rows; // by line

  private SourceRows(
      Source source, boolean header, List<String> columns, SortedMap<Long, ObjectNode> rows) {
    this.source = source;
    this.header = header;
    this.columns = columns;
    this.rows = rows;
  }

  /**
   * A file.
   *
   * @param header whether the first line names the columns; JSON lines and Parquet always do
   * @throws DataException if it is not of the format
   */
  public static SourceRows read(Path file, TableFormat format, boolean header) {
    return read(Source.of(file), format, header);
  }

  /**
   * The same of several files, whose rows follow one another.
   *
   * @param format null for what the name of each file ends in
   */
  public static SourceRows read(Source files, TableFormat format, boolean header) {
    SortedMap<Long, ObjectNode> rows = new TreeMap<>();
    boolean named = header;
    for (int i = 0; i < files.files().size(); i++) {
      Path file = files.files().get(i);
      TableFormat its = format == null ? TableFormat.of(file) : format;
      named |= its.namesColumns();
      int number = i;
      add(file, its, header, (row, line) -> rows.put(Source.line(number, line), row));
    }
    return new SourceRows(files, named, keys(rows), rows);
  }

  private static void add(
      Path file, TableFormat format, boolean header, ObjLongConsumer<ObjectNode> to) {
    if (format == TableFormat.JSONL) {
      List<String> lines = Utf8.read(file).lines().toList();
      for (int i = 0; i < lines.size(); i++) {
        if (!lines.get(i).isBlank()) {
          to.accept(JsonRows.object(file.toString(), i + 1L, lines.get(i)), i + 1L);
        }
      }
    } else if (format == TableFormat.PARQUET) {
      RowSource.forEach(file, to);
    } else {
      Table table = format.read(file, header);
      for (Table.Row row : table.rows()) {
        ObjectNode object = JsonFiles.object();
        for (int i = 0; i < table.columns().size(); i++) {
          object.put(free(object, table.columns().get(i)), row.cells().get(i).get(0));
        }
        to.accept(object, row.line());
      }
    }
  }

  /**
   * Rows that are in no table.
   *
   * @param source how errors call them
   * @param rows each with its cells by column; they count as lines 1, 2, …
   */
  public static SourceRows of(String source, List<Map<String, String>> rows) {
    SortedMap<Long, ObjectNode> numbered = new TreeMap<>();
    for (Map<String, String> row : rows) {
      ObjectNode object = JsonFiles.object();
      row.forEach(object::put);
      numbered.put(numbered.size() + 1L, object);
    }
    return new SourceRows(Source.of(source), true, keys(numbered), numbered);
  }

  private static List<String> keys(Map<Long, ObjectNode> rows) {
    return rows.values().stream()
        .flatMap(row -> row.properties().stream().map(Map.Entry::getKey))
        .distinct()
        .toList();
  }

  /** A name that is not taken: a second column of a name has the name with _ behind it. */
  static String free(ObjectNode object, String name) {
    return object.has(name) ? free(object, name + "_") : name;
  }

  /** The names of the columns. */
  public List<String> columns() {
    return columns;
  }

  /** The lines on which rows begin, in order. */
  public List<Long> lines() {
    return List.copyOf(rows.keySet());
  }

  /**
   * Refuses a format that cannot hold the rows.
   *
   * @throws DataException naming the first row with a tab or a line break in a cell, if it is to be
   *     {@link TableFormat#TSV}
   */
  public void requireFits(TableFormat format) {
    if (format != TableFormat.TSV) {
      return;
    }
    rows.forEach(
        (line, row) -> {
          for (String name : columns) {
            String cell = text(row, name);
            requireFits(source, line, name, cell);
          }
        });
  }

  static void requireFits(Source source, long line, String name, String cell) {
    if (cell.chars().anyMatch(c -> c == '\t' || c == '\n' || c == '\r')) {
      throw new DataException(
          source,
          line,
          "%s has a tab or a line break, which .tsv cannot hold; write .csv or .jsonl"
              .formatted(name));
    }
  }

  /**
   * Writes rows to a file, which has a header if this one has.
   *
   * @param added the names of more columns; where one is taken, _ is put behind it
   * @param chosen the cells of the added columns by the line on which a row begins, in the order in
   *     which rows are written: texts, numbers, or lists of texts
   * @throws DataException if the format cannot hold a row
   * @throws IllegalArgumentException if no row begins on a line
   */
  public void write(
      Path to, TableFormat format, List<String> added, LinkedHashMap<Long, List<?>> chosen) {
    requireFits(format);
    List<String> names = new ArrayList<>(columns);
    for (String name : added) {
      String free = name;
      while (names.contains(free)) {
        free += "_";
      }
      names.add(free);
    }
    List<String> extra = names.subList(columns.size(), names.size());
    List<ObjectNode> all = new ArrayList<>();
    chosen.forEach(
        (line, cells) -> {
          if (!rows.containsKey(line)) {
            throw new IllegalArgumentException(source + ": no row begins on line " + line);
          }
          ObjectNode row = rows.get(line).deepCopy();
          for (int i = 0; i < extra.size(); i++) {
            put(row, extra.get(i), cells.get(i));
          }
          all.add(row);
        });
    String text = format == TableFormat.JSONL ? lines(all) : table(all, names, format);
    AtomicFile.write(to, text.getBytes(StandardCharsets.UTF_8));
  }

  private static void put(ObjectNode row, String name, Object cell) {
    if (cell instanceof Integer number) {
      row.put(name, number);
    } else if (cell instanceof Number number) {
      row.put(name, number.doubleValue());
    } else if (cell instanceof List<?> list) {
      ArrayNode array = row.putArray(name);
      list.forEach(element -> array.add(element.toString()));
    } else {
      row.put(name, cell.toString());
    }
  }

  private static String lines(List<ObjectNode> rows) {
    return rows.stream().map(row -> row + "\n").collect(Collectors.joining());
  }

  private String table(List<ObjectNode> rows, List<String> names, TableFormat format) {
    List<List<String>> cells = new ArrayList<>();
    if (header) {
      cells.add(names);
    }
    rows.forEach(row -> cells.add(names.stream().map(name -> text(row, name)).toList()));
    if (format == TableFormat.TSV) {
      return cells.stream().map(row -> String.join("\t", row) + "\n").collect(Collectors.joining());
    }
    CSVFormat quoted = format == TableFormat.CSV ? COMMAS : TABS;
    return cells.stream()
        .map(row -> quoted.format(row.toArray()) + "\n")
        .collect(Collectors.joining());
  }

  /** A cell of a table; lists have commas between their elements. */
  static String text(ObjectNode row, String name) {
    if (row.get(name) instanceof ArrayNode array) {
      return IntStream.range(0, array.size())
          .mapToObj(
              i -> array.get(i).isValueNode() ? array.get(i).asText() : array.get(i).toString())
          .collect(Collectors.joining(", "));
    }
    return !row.hasNonNull(name)
        ? ""
        : row.get(name).isValueNode() ? row.get(name).asText() : row.get(name).toString();
  }
}
