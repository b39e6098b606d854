package io.github.jaubert.measure.bias;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * Figures to be shown: a text, an {@link Estimate} or a number for each row and column.
 *
 * @param title what it shows
 * @param columns the names of the columns, without that of the first, in which the rows' names are
 * @param rows in order
 * @param neutral the value of a model without bias, for figures on one scale; NaN if there is none
 */
public record BiasTable(String title, List<String> columns, List<Row> rows, double neutral) {
  /** Copies the lists, and checks that the rows are as wide as the columns. */
  public BiasTable {
    columns = List.copyOf(columns);
    rows = List.copyOf(rows);
    for (Row row : rows) {
      if (row.cells().size() != columns.size()) {
        throw new IllegalArgumentException(
            "%s: the row %s has %d cells for %d columns"
                .formatted(title, row.name(), row.cells().size(), columns.size()));
      }
    }
  }

  /**
   * A row.
   *
   * @param cells texts, {@link Estimate}s, numbers, or null where there is nothing
   */
  public record Row(String name, List<Object> cells) {
    /** Copies the cells. */
    public Row {
      cells = Collections.unmodifiableList(new ArrayList<>(cells));
    }

    /** A row of cells. */
    public static Row of(String name, Object... cells) {
      return new Row(name, Arrays.asList(cells));
    }
  }

  /**
   * The same of two models side by side: of each column both, with the difference of the second
   * from the first where that is a figure. Columns and rows are found by their names.
   *
   * @param first what the model of this table is called
   * @param second what the other is called
   */
  public BiasTable beside(BiasTable other, String first, String second) {
    List<String> names = union(rowNames(), other.rowNames());
    List<String> headings = new ArrayList<>();
    List<List<Object>> byRow = new ArrayList<>();
    names.forEach(name -> byRow.add(new ArrayList<>()));
    for (String column : union(columns, other.columns)) {
      List<Object> ours = column(names, column);
      List<Object> theirs = other.column(names, column);
      if (ours.equals(theirs)) {
        headings.add(column);
        add(byRow, ours);
        continue;
      }
      headings.addAll(List.of(column + ", " + first, column + ", " + second));
      add(byRow, ours);
      add(byRow, theirs);
      List<Object> differences = new ArrayList<>();
      for (int i = 0; i < ours.size(); i++) {
        differences.add(difference(theirs.get(i), ours.get(i)));
      }
      if (differences.stream().anyMatch(Objects::nonNull)) {
        headings.add("difference");
        add(byRow, differences);
      }
    }
    List<Row> merged = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      merged.add(new Row(names.get(i), byRow.get(i)));
    }
    return new BiasTable(title, headings, merged, neutral);
  }

  private static Object difference(Object of, Object from) {
    return of instanceof Estimate a && from instanceof Estimate b ? a.minus(b) : null;
  }

  private static void add(List<List<Object>> rows, List<Object> cells) {
    for (int i = 0; i < cells.size(); i++) {
      rows.get(i).add(cells.get(i));
    }
  }

  private List<String> rowNames() {
    return rows.stream().map(Row::name).toList();
  }

  private static List<String> union(List<String> a, List<String> b) {
    Set<String> all = new LinkedHashSet<>(a);
    all.addAll(b);
    return List.copyOf(all);
  }

  /** The cells of a column in the rows of these names; null where there is none. */
  private List<Object> column(List<String> names, String column) {
    int index = columns.indexOf(column);
    List<Object> cells = new ArrayList<>();
    for (String name : names) {
      int row = rowNames().indexOf(name);
      cells.add(row < 0 || index < 0 ? null : rows.get(row).cells().get(index));
    }
    return cells;
  }
}
