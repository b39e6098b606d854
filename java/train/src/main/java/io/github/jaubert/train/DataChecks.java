package io.github.jaubert.train;

import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.Example;
import io.github.jaubert.train.data.TextDataset;
import java.util.List;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Data that can be read, but that no model learns anything from: refused where nothing could come
 * of it, and otherwise named in the log.
 */
final class DataChecks {
  private static final Logger LOG = LoggerFactory.getLogger(Trainer.class);

  private DataChecks() {}

  /**
   * Looks for blank texts.
   *
   * @throws DataException if a column of texts is blank from the first row to the last
   */
  static void texts(TextDataset data) {
    refuseBlankColumn(data, "text", Example::text);
    refuseBlankColumn(data, "second text", Example::secondText);
    List<Example> blank = data.rows().stream().filter(DataChecks::isBlank).toList();
    if (!blank.isEmpty()) {
      LOG.warn(
          "{}: {} of {} examples have no text{}",
          data.source(),
          blank.size(),
          data.size(),
          blank.get(0).line() > 0 ? ", the first of them in line " + blank.get(0).line() : "");
    }
  }

  private static void refuseBlankColumn(
      TextDataset data, String name, Function<Example, String> column) {
    boolean blank =
        data.rows().stream().map(column).allMatch(text -> text != null && text.isBlank());
    if (blank && data.size() > 0) {
      throw new DataException(
          data.source(),
          "the %s of every one of the %d rows is blank: is it the right column?"
              .formatted(name, data.size()));
    }
  }

  private static boolean isBlank(Example row) {
    return row.text().isBlank() && (row.secondText() == null || row.secondText().isBlank());
  }

  /** Warns of training data whose rows all say the same. */
  static void labels(TextDataset data) {
    List<Example> rows = data.rows();
    if (rows.size() > 1 && rows.stream().map(Example::labels).distinct().count() == 1) {
      List<String> same = rows.get(0).labels();
      LOG.warn(
          "{}: all {} examples have {}: a model learns from them to answer nothing else",
          data.source(),
          rows.size(),
          same.isEmpty() ? "no label" : "the label " + String.join(", ", same));
    }
  }
}
