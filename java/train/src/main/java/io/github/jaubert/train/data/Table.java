package io.github.jaubert.train.data;

import java.util.List;
import java.util.Map;

/**
 * What a reader makes of a file: named columns and rows of cells. A cell is a list, since JSON and
 * Parquet can hold several values; every other format gives exactly one.
 *
 * @param source the file, as errors name it
 * @param columns the names of the columns in the order of the file
 * @param rows the rows, without the header
 * @param flags the columns that hold as many zeros and ones in every row, each with the first of
 *     its cells as it is written
 */
record Table(String source, List<String> columns, List<Row> rows, Map<String, String> flags) {
  /** The cell of what no column can be chosen for: two texts that nobody reads. */
  static final List<String> NESTED = List.of("", "");

  /**
   * One row: the line it begins on, counted from 1, and a cell for each column; a cell that is not
   * there is null.
   */
  record Row(long line, List<List<String>> cells) {}

  /**
   * Where a column stands.
   *
   * @throws DataException naming the columns there are, if it is not among them
   */
  int column(String name) {
    int index = columns.indexOf(name);
    if (index < 0) {
      throw new DataException(
          source, "no column " + name + "; the columns are " + String.join(", ", columns));
    }
    if (columns.lastIndexOf(name) != index) {
      throw new DataException(source, "two columns are called " + name);
    }
    return index;
  }

  /**
   * The values of a column in a row.
   *
   * @throws DataException if there are none, or if one of several is an array, an object or null
   */
  List<String> cell(Row row, int column) {
    List<String> cell = cellOrNull(row, column);
    if (cell == null) {
      throw new DataException(source, row.line(), "no value for " + columns.get(column));
    }
    return cell;
  }

  /** The same, or null if there are none. */
  List<String> cellOrNull(Row row, int column) {
    List<String> cell = row.cells().get(column);
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
