package io.github.jaubert.cli;

import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.TableFormat;
import io.github.jaubert.train.data.TextDataset;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** The options that say which data to read and how. */
final class DataOptions {
  private static final List<String> USUAL_TEXT = List.of("text", "sentence", "sentence1");
  private static final List<String> USUAL_LABEL = List.of("label", "score");

  @Option(
      names = "--train",
      paramLabel = "FILE",
      description = "The data to learn from: .tsv, .csv or .jsonl.")
  Path train;

  @Option(
      names = "--eval",
      paramLabel = "FILE",
      description = "The data to be judged by, in the same form.")
  Path eval;

  @Option(
      names = "--text-column",
      paramLabel = "NAME",
      description =
          "The column of the text, or of the first of a pair; by default text, sentence or sentence1.")
  String textColumn;

  @Option(
      names = "--pair-column",
      paramLabel = "NAME",
      description = "The column of the second text of a pair.")
  String pairColumn;

  @Option(
      names = "--label-column",
      paramLabel = "NAME",
      description = "The column of the label or score; by default label or score.")
  String labelColumn;

  @Option(
      names = "--label-separator",
      paramLabel = "TEXT",
      description = "What stands between labels where a row may have several.")
  String labelSeparator;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description = "${COMPLETION-CANDIDATES}; by default what the file's name ends in.")
  TableFormat format;

  @Option(
      names = "--no-header",
      description = "The first line is data; columns are then called 0, 1, 2, …")
  boolean noHeader;

  @Option(
      names = "--train-limit",
      paramLabel = "ROWS",
      description = "Learn from a random sample of so many rows.")
  Integer trainLimit;

  @Option(
      names = "--eval-limit",
      paramLabel = "ROWS",
      description = "Be judged by a random sample of so many rows.")
  Integer evalLimit;

  /** A file with its columns chosen. */
  TextDataset open(Path file) {
    TextDataset data = TextDataset.of(file, format == null ? TableFormat.of(file) : format);
    if (noHeader) {
      data = data.noHeader();
    }
    List<String> columns = data.columnNames();
    String text = choose(file, columns, textColumn, USUAL_TEXT, "--text-column");
    String label = choose(file, columns, labelColumn, USUAL_LABEL, "--label-column");
    if (label.equals(text) || label.equals(pairColumn)) {
      throw new DataException(file.toString(), "column %s is both text and label".formatted(label));
    }
    data = data.text(text).label(label);
    if (pairColumn != null) {
      data = data.pair(pairColumn);
    }
    return labelSeparator == null ? data : data.separator(labelSeparator);
  }

  private static String choose(
      Path file, List<String> columns, String wanted, List<String> usual, String option) {
    if (wanted != null) {
      return wanted;
    }
    return usual.stream()
        .filter(columns::contains)
        .findFirst()
        .orElseThrow(
            () ->
                new DataException(
                    file.toString(),
                    "choose a column with %s; the columns are %s"
                        .formatted(option, String.join(", ", columns))));
  }

  static TextDataset limited(TextDataset data, Integer limit, long seed) {
    return limit == null ? data : data.sample(limit, seed);
  }
}
