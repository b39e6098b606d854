package io.github.jaubert.measure.bias;

import io.github.jaubert.train.data.Example;
import io.github.jaubert.train.data.TableFormat;
import io.github.jaubert.train.data.TextDataset;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** Files with rows, of which more columns are read than a text, its pair and a label. */
final class Tables {
  private Tables() {}

  static TextDataset open(Path file) {
    return TextDataset.of(file, TableFormat.of(file));
  }

  /** The rows by where they begin, to be found beside those of another column. */
  static Map<Long, Example> byLine(TextDataset data) {
    Map<Long, Example> rows = new HashMap<>();
    data.rows().forEach(row -> rows.put(row.line(), row));
    return rows;
  }
}
