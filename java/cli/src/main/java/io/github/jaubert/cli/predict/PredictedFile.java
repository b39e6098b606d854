package io.github.jaubert.cli.predict;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.AtomicFile;
import io.github.jaubert.cli.console.Figures;
import io.github.jaubert.cli.console.Progress;
import io.github.jaubert.cli.options.DataOptions;
import io.github.jaubert.cli.options.FileFormat;
import io.github.jaubert.cli.options.FilePatterns;
import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.RowReader;
import io.github.jaubert.train.data.RowWriter;
import io.github.jaubert.train.data.Source;
import io.github.jaubert.train.data.TableFormat;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/**
 * The options of {@code predict} by which rows of files are read, one chunk after another, and
 * written with what was predicted: in the same order, with all their columns.
 */
public final class PredictedFile {
  /** Rows that are answered together, so that batches of like lengths are full. */
  private static final int CHUNK = 2048;

  /** The names of the two texts that a model of pairs reads, beside those of labelled pairs. */
  private static final List<DataOptions.Pair> READ_IN_PAIRS =
      List.of(
          new DataOptions.Pair("question", "context"),
          new DataOptions.Pair("query", "passage"),
          new DataOptions.Pair("query", "document"),
          new DataOptions.Pair("prompt", "choices"),
          new DataOptions.Pair("question", "choices"));

  @Option(
      names = "--data",
      paramLabel = "FILE",
      description =
          "Read the rows of this file, .tsv, .csv, .jsonl or .parquet, as finetune does: several by"
              + " --data again, with commas between, or a pattern.")
  private List<String> data;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description =
          "With --data: where they are written with all columns and the prediction, .tsv, .csv or"
              + " .jsonl, also packed as .gz or .zst.")
  private Path out;

  @Option(
      names = "--text-column",
      paramLabel = "NAME",
      description =
          "With --data: the column of the text, or of the first of a pair, as of finetune.")
  private String textColumn;

  @Option(
      names = "--pair-column",
      paramLabel = "NAME",
      description =
          "With --data: the column of the second text, the context, the passage or the choices. ''"
              + " for none.")
  private String pairColumn;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description =
          "With --data: tsv, quoted_tsv, csv, jsonl or parquet; by default what its name ends in.")
  private FileFormat format;

  @Option(
      names = "--no-header",
      description = "With --data: the first line is data; columns are then called 0, 1, 2, …")
  private boolean noHeader;

  @Option(names = "--overwrite", description = "With --data: replace --out if it is there.")
  private boolean overwrite;

  private boolean needsPair;
  private boolean refusesPair;
  private Source source;

  public boolean isGiven() {
    return data != null;
  }

  /** Whether what is written can hold objects. */
  public boolean isObjects() {
    return isGiven() && RowWriter.formatOf(out) == TableFormat.JSONL;
  }

  /** The model reads two texts. */
  public void requirePair() {
    needsPair = true;
  }

  /**
   * The model reads one text.
   *
   * @throws DataException if a second one was asked for
   */
  public void refusePair() {
    refusesPair = true;
    if (pairColumn != null && !pairColumn.isEmpty()) {
      throw new DataException("--pair-column " + pairColumn, "the model reads single texts");
    }
  }

  /**
   * Refuses what does not go together.
   *
   * @param texts whether there are other texts
   * @throws ParameterException naming the option
   */
  public void check(CommandLine command, boolean texts) {
    if (!isGiven()) {
      for (String name :
          List.of(
              "--out",
              "--text-column",
              "--pair-column",
              "--format",
              "--no-header",
              "--overwrite")) {
        if (command.getParseResult().hasMatchedOption(name)) {
          throw new ParameterException(command, name + " needs --data");
        }
      }
      return;
    }
    if (texts) {
      throw new ParameterException(
          command, "--data has the texts; leave out others, --pair and --pairs");
    }
    if (out == null) {
      throw new ParameterException(
          command, "--data needs --out, the file that rows are written to");
    }
    if (format == FileFormat.CONLL) {
      throw new ParameterException(
          command, "--format conll: texts are read from tsv, quoted_tsv, csv, jsonl and parquet");
    }
    try {
      RowWriter.formatOf(out);
    } catch (DataException e) {
      throw new ParameterException(
          command,
          "--out %s: its name must end in .tsv, .csv or .jsonl, also with .gz or .zst behind"
              .formatted(out),
          e);
    }
    source = FilePatterns.files(data);
    if (Files.isDirectory(out)) {
      throw new ParameterException(command, "--out " + out + ": is a folder, not a file");
    }
    Path to = out.toAbsolutePath().normalize();
    if (source.files().stream().anyMatch(one -> one.toAbsolutePath().normalize().equals(to))) {
      throw new ParameterException(command, "--out %s: is the file of --data".formatted(out));
    }
    if (Files.exists(out) && !overwrite) {
      throw new ParameterException(
          command, "--out %s: is there already; --overwrite replaces it".formatted(out));
    }
  }

  private TableFormat table() {
    return format == null ? null : format.table();
  }

  /** Answers all rows; the file is there only when all are. */
  public void write(CommandLine command, Answers answers) {
    boolean named =
        source.files().stream()
            .anyMatch(file -> (format == null ? TableFormat.of(file) : table()).namesColumns());
    try (Progress progress = new Progress();
        RowReader rows = new RowReader(source, table(), !noHeader)) {
      DataOptions.Pair columns = columns(rows);
      long[] count = new long[1];
      long began = System.nanoTime();
      AtomicFile.write(
          out,
          stream -> {
            try (RowWriter writer =
                new RowWriter(source, out, unclosed(stream), !noHeader || named)) {
              count[0] = write(rows, columns, answers, writer, progress);
            }
          });
      double seconds = (System.nanoTime() - began) / 1e9;
      command
          .getOut()
          .printf(
              Locale.ROOT,
              "wrote %s to %s (%,.0f a second)%n",
              Figures.counted(count[0], "row"),
              out,
              count[0] / seconds);
    }
  }

  /** The file is forced to the disk after the writer, which packs, is closed. */
  private static OutputStream unclosed(OutputStream stream) {
    return new FilterOutputStream(stream) {
      @Override
      public void write(byte[] bytes, int from, int count) throws IOException {
        out.write(bytes, from, count);
      }

      @Override
      public void close() throws IOException {
        flush();
      }
    };
  }

  private long write(
      RowReader rows,
      DataOptions.Pair columns,
      Answers answers,
      RowWriter writer,
      Progress progress)
      throws IOException {
    long size = source.size();
    long count = 0;
    List<RowReader.Row> chunk = new ArrayList<>();
    for (RowReader.Row row = rows.next(); row != null; row = rows.next()) {
      chunk.add(row);
      if (chunk.size() == CHUNK) {
        write(chunk, columns, answers, writer);
        count += chunk.size();
        chunk.clear();
        progress.transferred(
            "predicting " + source, Math.min(rows.bytesRead(), Math.max(0, size - 1)), size);
      }
    }
    if (!chunk.isEmpty()) {
      write(chunk, columns, answers, writer);
    }
    return count + chunk.size();
  }

  private static void write(
      List<RowReader.Row> chunk, DataOptions.Pair columns, Answers answers, RowWriter writer)
      throws IOException {
    List<String> texts = new ArrayList<>();
    List<String> seconds = columns.second() == null ? null : new ArrayList<>();
    for (RowReader.Row row : chunk) {
      texts.add(row.text(columns.text()));
      if (seconds != null) {
        seconds.add(
            answers instanceof ChoiceAnswers
                ? String.join(
                    ChoiceAnswers.SEPARATOR,
                    row.texts(columns.second()).stream().map(s -> s.replace('\t', ' ')).toList())
                : row.text(columns.second()));
      }
    }
    List<ObjectNode> cells = answers.cells(texts, seconds);
    for (int i = 0; i < chunk.size(); i++) {
      writer.write(chunk.get(i).line(), chunk.get(i).object(), cells.get(i));
    }
  }

  /** The columns of the texts; the second is null if there is none. */
  private DataOptions.Pair columns(RowReader rows) {
    List<String> header = rows.columns();
    if (textColumn != null) {
      if (needsPair && (pairColumn == null || pairColumn.isEmpty())) {
        throw new DataException(
            source.toString(), "the model reads two texts: choose the second with --pair-column");
      }
      return checked(
          header,
          new DataOptions.Pair(
              textColumn, pairColumn == null || pairColumn.isEmpty() ? null : pairColumn));
    }
    List<DataOptions.Pair> pairs = new ArrayList<>(needsPair ? READ_IN_PAIRS : List.of());
    pairs.addAll(refusesPair || "".equals(pairColumn) ? List.of() : DataOptions.USUAL_PAIRS);
    for (DataOptions.Pair pair : pairs) {
      if (header.containsAll(List.of(pair.text(), pair.second()))
          && (pairColumn == null || pairColumn.equals(pair.second()))) {
        return pair;
      }
    }
    String text =
        needsPair
            ? null
            : DataOptions.USUAL_TEXT.stream().filter(header::contains).findFirst().orElse(null);
    if (text == null) {
      throw new DataException(
          source.toString(),
          "choose the column of the text with --text-column%s; the columns are %s"
              .formatted(
                  needsPair ? ", and of the second with --pair-column" : "",
                  String.join(", ", header)));
    }
    return checked(header, new DataOptions.Pair(text, pairColumn));
  }

  private DataOptions.Pair checked(List<String> header, DataOptions.Pair chosen) {
    for (String name : new String[] {chosen.text(), chosen.second()}) {
      if (name != null && !header.contains(name)) {
        throw new DataException(
            source.toString(),
            "no column %s; the columns are %s".formatted(name, String.join(", ", header)));
      }
    }
    return chosen;
  }
}
