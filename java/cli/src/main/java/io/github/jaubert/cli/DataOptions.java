package io.github.jaubert.cli;

import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.TableFormat;
import io.github.jaubert.train.data.TextDataset;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

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
      description = "The data to be judged by, with the same columns.")
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

  @Mixin LabelOptions labels;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description =
          "${COMPLETION-CANDIDATES}; by default what the file's name ends in."
              + " QUOTED_TSV is quoted as CSV is.")
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

  /**
   * Both files.
   *
   * @param eval null if there is none
   * @param columns which columns were taken, and which were not, in a line
   */
  record Opened(TextDataset train, TextDataset eval, String columns) {}

  /**
   * Refuses what can be seen not to work before anything is read.
   *
   * @throws ParameterException naming the option
   */
  void check(CommandLine command) {
    String without = train != null ? null : firstOfFiles();
    if (without != null) {
      throw new ParameterException(command, without + " needs --train");
    }
    TrainingOptions.atLeast(command, "--train-limit", trainLimit, 1);
    TrainingOptions.atLeast(command, "--eval-limit", evalLimit, 1);
    labels.check(command);
    if (train != null && eval != null && isSamePipe()) {
      throw new ParameterException(
          command, "--train and --eval are the same pipe, which can be read only once");
    }
  }

  private boolean isSamePipe() {
    try {
      return Files.exists(train)
          && Files.exists(eval)
          && !Files.isRegularFile(train)
          && !Files.isDirectory(train)
          && Files.isSameFile(train, eval);
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
  }

  /** An option about files that was given without one. */
  private String firstOfFiles() {
    return eval != null
        ? "--eval"
        : textColumn != null
            ? "--text-column"
            : pairColumn != null
                ? "--pair-column"
                : labelColumn != null ? "--label-column" : labels.first();
  }

  /** Reads both files, with the columns of the first in both. */
  Opened open() {
    TextDataset learned = table(train);
    List<String> header = learned.columnNames();
    String text = choose(header, textColumn, USUAL_TEXT, "--text-column");
    String label = choose(header, labelColumn, USUAL_LABEL, "--label-column");
    if (label.equals(text) || label.equals(pairColumn)) {
      throw new DataException(
          train.toString(), "column %s is both text and label".formatted(label));
    }
    if (text.equals(pairColumn)) {
      throw new DataException(
          train.toString(), "column %s is both text and second text".formatted(text));
    }
    learned = columns(learned, text, label);
    learned.size(); // which says what is wrong with the columns, if anything is
    TextDataset judged = null;
    if (eval != null) {
      judged = table(eval);
      requireColumns(judged, header, text, label);
      judged = columns(judged, text, label);
    }
    String columns = said(header, learned, text, label);
    TextDataset named = labels.renamed(learned, judged);
    return new Opened(named, judged == null ? null : labels.renamed(judged, learned), columns);
  }

  private TextDataset table(Path file) {
    TextDataset data = TextDataset.of(file, format == null ? TableFormat.of(file) : format);
    return noHeader ? data.noHeader() : data;
  }

  private TextDataset columns(TextDataset data, String text, String label) {
    TextDataset chosen = data.text(text).label(label);
    return labels.read(pairColumn == null ? chosen : chosen.pair(pairColumn));
  }

  private String choose(List<String> columns, String wanted, List<String> usual, String option) {
    if (wanted != null) {
      return wanted;
    }
    boolean quoted = columns.stream().allMatch(name -> name.matches("\".*\""));
    return usual.stream()
        .filter(columns::contains)
        .findFirst()
        .orElseThrow(
            () ->
                new DataException(
                    train.toString(),
                    "choose a column with %s; the columns are %s%s"
                        .formatted(
                            option,
                            String.join(", ", columns),
                            quoted ? ", or without quotes with --format quoted_tsv" : "")));
  }

  /** Data is judged by what was learned from only if it is that of the same columns. */
  private void requireColumns(TextDataset judged, List<String> header, String text, String label) {
    List<String> there = judged.columnNames();
    for (String name : new String[] {text, pairColumn, label}) {
      if (name != null && !there.contains(name)) {
        throw new DataException(
            eval.toString(),
            "no column %s; its columns are %s, those of %s are %s"
                .formatted(name, String.join(", ", there), train, String.join(", ", header)));
      }
    }
  }

  private String said(List<String> header, TextDataset data, String text, String label) {
    List<String> others = new ArrayList<>(header);
    for (String name : new String[] {text, pairColumn, label}) {
      others.remove(name);
    }
    return data.chosenColumns()
        + (others.isEmpty()
            ? ""
            : "; not used: "
                + String.join(
                    ", ", others.stream().map(name -> name.isEmpty() ? "''" : name).toList()))
        + " (--text-column, --pair-column, --label-column)";
  }

  static TextDataset limited(TextDataset data, Integer limit, long seed) {
    return limit == null ? data : data.sample(limit, seed);
  }
}
