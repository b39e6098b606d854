package io.github.jaubert.measure.bias;

import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.Example;
import io.github.jaubert.train.data.TableFormat;
import io.github.jaubert.train.data.TextDataset;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** Files with rows, of which more columns are read than a text, its pair and a label. */
public final class Tables {
  private Tables() {}

  /**
   * A file whose format its name tells: .tsv, .csv, .jsonl or .parquet.
   *
   * @throws DataException if it tells none
   */
  public static TextDataset open(Path file) {
    TableFormat format;
    try {
      format = TableFormat.of(file);
    } catch (DataException e) {
      throw new DataException(
          file.toString(), "its name does not end in .tsv, .csv, .jsonl or .parquet", e);
    }
    return TextDataset.of(file, format);
  }

  /** The rows by where they begin, to be found beside those of another column. */
  static Map<Long, Example> byLine(TextDataset data) {
    Map<Long, Example> rows = new HashMap<>();
    data.rows().forEach(row -> rows.put(row.line(), row));
    return rows;
  }
}
