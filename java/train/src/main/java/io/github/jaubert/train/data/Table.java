package io.github.jaubert.train.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;

/**
 * What a reader makes of a file, or of several: named columns and rows of cells. A cell is a list,
 * since JSON and Parquet can hold several values; every other format gives exactly one.
 *
 * @param source the files, as errors name them
 * @param columns the names of the columns in the order of the file
 * @param rows the rows, without the header
 * @param flags the columns that hold as many zeros and ones in every row, each with the first of
 *     its cells as it is written
 */
record Table(Source source, List<String> columns, List<Row> rows, Map<String, String> flags) {
  /** The cell of what no column can be chosen for: two texts that nobody reads. */
  static final List<String> NESTED = List.of("", "");

  /**
   * One row: the {@linkplain Source line} it begins on, and a cell for each column; a cell that is
   * not there is null.
   */
  record Row(long line, List<List<String>> cells) {}

  /**
   * Reads files, whose rows follow one another. Those of a header have the same columns, in any
   * order; where rows name their columns, they may lack some.
   *
   * @param format null for what the name of each file ends in
   * @param header whether the first line of each file names the columns
   * @throws DataException if a file cannot be read, or has other columns than the first
   */
  static Table read(Source files, TableFormat format, boolean header) {
    Joined joined = new Joined(files);
    for (Path file : files.files()) {
      TableFormat its = format == null ? TableFormat.of(file) : format;
      joined.add(its.read(file, header), its.namesColumns());
    }
    return joined.table();
  }

  /**
   * Refuses tables of other columns than the first.
   *
   * @throws DataException naming both files and their columns
   */
  static void requireSame(Table first, Table next) {
    boolean same =
        first.columns.size() == next.columns.size()
            && new HashSet<>(first.columns).equals(new HashSet<>(next.columns));
    if (!same) {
      throw new DataException(
          next.source.toString(),
          "its columns are %s, and those of %s are %s; the files of a data set have the same"
              .formatted(
                  String.join(", ", next.columns), first.source, String.join(", ", first.columns)));
    }
  }

  /** Tables one below the other. */
  private static final class Joined {
    private final Source source;
    private final List<Row> rows = new ArrayList<>();
    private List<String> columns;
    private Map<String, String> flags;
    private Table headed; // the first of which the columns are those of a header
    private int count;

    Joined(Source source) {
      this.source = source;
    }

    void add(Table next, boolean named) {
      if (columns == null) {
        columns = new ArrayList<>(next.columns);
        flags = new HashMap<>(next.flags);
      }
      if (headed != null && !named) {
        requireSame(headed, next);
      }
      headed = headed == null && !named ? next : headed;
      flags.keySet().retainAll(next.flags.keySet());
      if (!columns.equals(next.columns)) {
        next.columns.stream().filter(name -> !columns.contains(name)).forEach(columns::add);
      }
      int[] places = next.columns.stream().mapToInt(columns::indexOf).toArray();
      boolean same = columns.equals(next.columns);
      for (Row row : next.rows) {
        rows.add(
            new Row(
                Source.line(count, row.line),
                same ? row.cells : placed(row.cells, places, columns.size())));
      }
      count++;
    }

    private static List<List<String>> placed(List<List<String>> cells, int[] places, int width) {
      List<List<String>> placed = new ArrayList<>(Collections.nCopies(width, null));
      for (int i = 0; i < places.length; i++) {
        placed.set(places[i], cells.get(i));
      }
      return placed;
    }

    Table table() {
      return new Table(source, List.copyOf(columns), rows, flags).padded();
    }
  }

  /** With a cell for each column: those that turned up later are missing from earlier rows. */
  Table padded() {
    rows.replaceAll(
        row -> {
          if (row.cells.size() == columns.size()) {
            return row;
          }
          List<List<String>> cells = new ArrayList<>(row.cells);
          cells.addAll(Collections.nCopies(columns.size() - cells.size(), null));
          return new Row(row.line, cells);
        });
    return this;
  }

  /**
   * Where a column stands.
   *
   * @throws DataException naming the columns there are, if it is not among them
   */
  int column(String name) {
    int index = columns.indexOf(name);
    if (index < 0) {
      throw new DataException(
          source.toString(),
          "no column " + name + "; the columns are " + String.join(", ", columns));
    }
    if (columns.lastIndexOf(name) != index) {
      throw new DataException(source.toString(), "two columns are called " + name);
    }
    return index;
  }

  /**
   * The values of a column in a row.
   *
   * @throws DataException if there are none, or if one of several is an array, an object or null
   */
  List<String> cell(Row row, int column) {
    return cell(row, column, columns.get(column));
  }

  /** The same of a column that may not be there, which is -1, and its name. */
  List<String> cell(Row row, int column, String name) {
    List<String> cell = cellOrNull(row, column);
    if (cell == null) {
      throw new DataException(source, row.line(), "no value for " + name);
    }
    return cell;
  }

  /** The same, or null if there are none. */
  List<String> cellOrNull(Row row, int column) {
    boolean there = column >= 0 && column < row.cells().size();
    List<String> cell = there ? row.cells().get(column) : null;
    if (cell == NESTED) {
      throw new DataException(
          source,
          row.line(),
          columns.get(column)
              + " holds an array, an object or null; a text, a number, or an array of these was"
              + " expected");
    }
    return cell;
  }
}
