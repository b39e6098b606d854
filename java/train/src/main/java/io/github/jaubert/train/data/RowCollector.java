package io.github.jaubert.train.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Gathers the rows of a file whose columns are known by position, and holds them to one width. The
 * first row names the columns or, without a header, they are called 0, 1, 2, …
 */
final class RowCollector {
  private final Source source;
  private final boolean header;
  private final List<Table.Row> rows = new ArrayList<>();
  private List<String> columns;

  RowCollector(Source source, boolean header) {
    this.source = source;
    this.header = header;
  }

  void add(long line, List<String> cells) {
    if (columns == null) {
      columns =
          header
              ? List.copyOf(cells)
              : IntStream.range(0, cells.size()).mapToObj(Integer::toString).toList();
      if (header) {
        return;
      }
    }
    if (cells.size() != columns.size()) {
      throw new DataException(
          source,
          line,
          "%d columns where %s has %d"
              .formatted(cells.size(), header ? "the header" : "the first row", columns.size()));
    }
    rows.add(new Table.Row(line, cells.stream().map(List::of).collect(Collectors.toList())));
  }

  /**
   * The rows so far.
   *
   * @throws DataException if there is none
   */
  Table table() {
    if (columns == null) {
      throw new DataException(source.toString(), "the file is empty");
    }
    if (rows.isEmpty()) {
      throw new DataException(
          source.toString(), "nothing follows the header " + String.join(", ", columns));
    }
    return new Table(source, columns, rows, Map.of());
  }
}
