package io.github.jaubert.cli;

import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.TableFormat;
import java.nio.file.Path;

/** The formats of data files, as {@code --format} takes them. */
enum FileFormat {
  TSV,
  QUOTED_TSV,
  CSV,
  JSONL,
  PARQUET,
  /** A word a line, see {@link io.github.jaubert.train.data.TaggedDataset#conll}. */
  CONLL;

  /** The format of a table with a text a row. */
  TableFormat table() {
    return TableFormat.valueOf(name());
  }

  /** The format of tagged words that the end of a name stands for; any other is CoNLL. */
  static FileFormat ofTaggedWords(Path file) {
    try {
      TableFormat format = TableFormat.of(file);
      return format.namesColumns() ? valueOf(format.name()) : CONLL;
    } catch (DataException e) {
      return CONLL; // whatever its name
    }
  }
}
