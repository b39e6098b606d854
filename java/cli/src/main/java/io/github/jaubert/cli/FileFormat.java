package io.github.jaubert.cli;

import io.github.jaubert.train.data.TableFormat;
import java.nio.file.Path;
import java.util.Locale;

/** The formats of data files, as {@code --format} takes them. */
enum FileFormat {
  TSV,
  QUOTED_TSV,
  CSV,
  JSONL,
  /** A word a line, see {@link io.github.jaubert.train.data.TaggedDataset#conll}. */
  CONLL;

  /** The format of a table with a text a row. */
  TableFormat table() {
    return TableFormat.valueOf(name());
  }

  /** The format of tagged words that the end of a name stands for: JSON lines, or CoNLL. */
  static FileFormat ofTaggedWords(Path file) {
    String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    return name.endsWith(".jsonl") || name.endsWith(".ndjson") ? JSONL : CONLL;
  }
}
