package io.github.jaubert.train.data;

import java.util.List;
import java.util.Map;

/**
 * What a reader makes of a file: named columns and rows of cells. A cell is a list, since JSON
 * lines can hold several values; every other format gives exactly one.
 *
 * @param source the file, as errors name it
 * @param columns the names of the columns in the order of the file
 * @param rows the rows, without the header
 * @param flags the columns that hold as many zeros and ones in every row, each with the first of
 *     its cells as it is written
 */
record Table(String source, List<String> columns, List<Row> rows, Map<String, String> flags) {

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

  /** The cells of a column in a row. */
  List<String> cell(Row row, int column) {
    List<String> cell = row.cells().get(column);
    if (cell == null) {
      throw new DataException(source, row.line(), "no value for " + columns.get(column));
    }
    return cell;
  }
}
