package io.github.jaubert.cli.options;

import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.Source;
import io.github.jaubert.train.data.TableFormat;
import java.nio.file.Path;

/** The formats of data files, as {@code --format} takes them. */
public enum FileFormat {
  TSV,
  QUOTED_TSV,
  CSV,
  JSONL,
  PARQUET,
  /** A word a line, see {@link io.github.jaubert.train.data.TaggedDataset#conll}. */
  CONLL;

  /** The format of a table with a text a row. */
  public TableFormat table() {
    return TableFormat.valueOf(name());
  }

  /**
   * The format of tagged words that the ends of names stand for; any other is CoNLL.
   *
   * @throws DataException if files are of several
   */
  public static FileFormat ofTaggedWords(Source files) {
    FileFormat first = ofTaggedWords(files.files().get(0));
    for (Path file : files.files()) {
      if (ofTaggedWords(file) != first) {
        throw new DataException(
            file.toString(),
            "is read as %s, and %s as %s; the files of a data set of tagged words are of one format"
                .formatted(ofTaggedWords(file), files.files().get(0), first));
      }
    }
    return first;
  }

  private static FileFormat ofTaggedWords(Path file) {
    try {
      TableFormat format = TableFormat.of(file);
      return format == TableFormat.JSONL || format == TableFormat.PARQUET
          ? valueOf(format.name())
          : CONLL;
    } catch (DataException e) {
      return CONLL; // whatever its name
    }
  }
}
