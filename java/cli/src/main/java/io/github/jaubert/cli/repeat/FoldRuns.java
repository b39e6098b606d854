package io.github.jaubert.cli.repeat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.ProblemType;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.cli.console.Commands;
import io.github.jaubert.cli.console.Figures;
import io.github.jaubert.cli.evaluate.JudgeOptions;
import io.github.jaubert.cli.options.DataOptions;
import io.github.jaubert.cli.options.Task;
import io.github.jaubert.train.data.SourceRows;
import io.github.jaubert.train.data.StratifiedFolds;
import io.github.jaubert.train.data.TableFormat;
import io.github.jaubert.train.data.TextDataset;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import picocli.CommandLine;

/** Cross-validation: runs of finetune, each of which is judged by another part of the data. */
public final class FoldRuns {
  private final CommandLine command;
  private final DataOptions data;
  private final Task task;
  private final List<String> options;
  private final long seed;
  private final boolean keepModels;
  private final Path folder;
  private final TableFormat written; // of what is made of it

  /**
   * Runs that may be done already.
   *
   * @param data whose {@code train} is divided
   * @param options of each run
   * @param seed by which the data are divided, and which each run has
   */
  public FoldRuns(
      CommandLine command,
      DataOptions data,
      Task task,
      Path folder,
      List<String> options,
      long seed,
      boolean keepModels) {
    this.command = command;
    this.data = data;
    this.task = task;
    this.folder = folder;
    this.options = options;
    this.seed = seed;
    this.keepModels = keepModels;
    List<TableFormat> formats =
        data.train().files().stream()
            .map(file -> data.format == null ? TableFormat.of(file) : data.format.table())
            .distinct()
            .toList();
    TableFormat first = formats.get(0);
    written = formats.size() > 1 || first.namesColumns() ? TableFormat.JSONL : first;
  }

  /**
   * Runs those that are not done.
   *
   * @return the exit code of one that failed, or 0
   */
  public int run(int count) {
    PrintWriter say = command.getOut();
    DataOptions.Opened opened = data.open();
    Task.Understood understood = task.understand(opened.train());
    TextDataset rows = opened.train();
    int[] folds = StratifiedFolds.of(rows, understood.labels(), count, seed);
    List<String> identity = new ArrayList<>(options);
    identity.addAll(List.of("--folds=" + count, "--seed=" + seed));
    RepeatedRuns runs = new RepeatedRuns(folder, "folds.json", identity);
    say.println(opened.columns());
    say.println(understood.said());
    say.printf(
        Locale.ROOT,
        "%,d examples in %d parts, stratified by %s, drawn with seed %d%n",
        rows.size(),
        count,
        understood.labels().problemType() == ProblemType.REGRESSION ? "score" : "label",
        seed);
    SourceRows source = SourceRows.read(data.train(), data.table(), !data.noHeader);
    SortedMap<Long, List<?>> predicted = new TreeMap<>();
    for (int fold = 0; fold < count; fold++) {
      say.printf("part %d of %d%n", fold + 1, count);
      say.flush();
      FinetuneRun run = runs.run("fold-" + (fold + 1));
      Path judged = write(source, rows, folds, fold, false);
      Path answers = folder.resolve("parts").resolve(fold + 1 + "-predictions.jsonl");
      if (!run.isDone() || !Files.exists(answers)) {
        Path learnt = write(source, rows, folds, fold, true);
        int code = fineTune(run, learnt, judged, understood.labels(), answers);
        if (code != 0) {
          return code; // the same command goes on from here
        }
      }
      if (!keepModels) {
        run.deleteWeights();
      }
      runs.add("fold-" + (fold + 1), run.measured());
      say.println("  " + Measured.words(run.measured()));
      read(answers, rows, folds, fold, predicted);
    }
    tell(runs, count);
    writePredictions(source, predicted);
    return 0;
  }

  private Path write(SourceRows source, TextDataset rows, int[] folds, int fold, boolean others) {
    LinkedHashMap<Long, List<?>> chosen = new LinkedHashMap<>();
    for (int row = 0; row < folds.length; row++) {
      if (folds[row] != fold == others) {
        chosen.put(rows.rows().get(row).line(), List.of());
      }
    }
    Path to =
        folder
            .resolve("parts")
            .resolve("%d-%s%s".formatted(fold + 1, others ? "train" : "eval", ending()));
    try {
      Files.createDirectories(to.getParent());
    } catch (IOException e) {
      throw new CheckpointException(
          to.toString(), "cannot be written: " + CheckpointException.describe(e), e);
    }
    source.write(to, written, List.of(), chosen);
    return to;
  }

  private String ending() {
    return switch (written) {
      case TSV, QUOTED_TSV -> ".tsv";
      case CSV -> ".csv";
      case JSONL -> ".jsonl";
      case PARQUET, FOLDERS -> throw new IllegalStateException("nothing is written as " + written);
    };
  }

  private int fineTune(FinetuneRun run, Path train, Path eval, Labels labels, Path answers) {
    if (!run.isDone()) {
      List<String> words =
          new ArrayList<>(
              GivenOptions.words(
                  command,
                  option ->
                      RepeatOptions.isOfEachRun(option)
                          && !List.of("--train", "--task").contains(option.longestName())));
      words.addAll(List.of("--train=" + train, "--eval=" + eval, "--seed=" + seed));
      // Parts of the data must not be taken for something else than the whole.
      words.add("--task=" + task(labels));
      int code = run.run(words, command);
      if (code != 0) {
        return code;
      }
    }
    List<String> words = new ArrayList<>(List.of("evaluate", "--model=" + run.folder()));
    words.addAll(List.of("--data=" + eval, "--predictions=" + answers, "--json"));
    words.addAll(
        GivenOptions.words(
            command, option -> JudgeOptions.isShared(option) && !isOfFile(option.longestName())));
    PrintWriter ignored = new PrintWriter(new StringWriter());
    return Commands.of(command).run(ignored, command.getErr(), words.toArray(String[]::new));
  }

  private static boolean isOfFile(String option) {
    return option.equals("--train") || option.equals("--eval");
  }

  private static String task(Labels labels) {
    return switch (labels.problemType()) {
      case SINGLE_LABEL -> "classification";
      case MULTI_LABEL -> "multilabel";
      case REGRESSION -> "regression";
    };
  }

  // ---- what came of it ----

  /** The last two columns of the rows of a part. */
  private static void read(
      Path answers, TextDataset rows, int[] folds, int fold, Map<Long, List<?>> to) {
    List<String> lines;
    try {
      lines = Files.readAllLines(answers, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(
          new IOException(answers + ": " + CheckpointException.describe(e), e));
    }
    int next = 0;
    for (int row = 0; row < folds.length; row++) {
      if (folds[row] == fold) {
        String line = lines.get(next++);
        ObjectNode object =
            JsonFiles.parseObject(answers.toString(), line.getBytes(StandardCharsets.UTF_8));
        List<Object> cells = new ArrayList<>();
        object.properties().forEach(entry -> cells.add(cell(entry.getValue())));
        to.put(
            rows.rows().get(row).line(),
            List.of(fold + 1, cells.get(cells.size() - 2), cells.get(cells.size() - 1)));
      }
    }
  }

  private static Object cell(JsonNode value) {
    if (value.isArray()) {
      List<String> all = new ArrayList<>();
      value.forEach(element -> all.add(element.asText()));
      return all;
    }
    return value.isNumber() ? (Object) value.asDouble() : value.asText();
  }

  private void tell(RepeatedRuns runs, int count) {
    PrintWriter say = command.getOut();
    say.printf("%nmean over %d parts (standard deviation):%n", count);
    ObjectNode all = runs.json().putObject("metrics");
    runs.spreads(
        (metric, spread) -> {
          say.printf(
              "  %-30s %8s (%s)%n",
              metric,
              Figures.figure(metric, spread.mean()),
              Figures.figure(metric, spread.deviation()));
          all.putObject(metric)
              .put("mean", spread.mean())
              .put("standard_deviation", spread.deviation())
              .put("median", spread.median())
              .put("least", spread.least())
              .put("largest", spread.largest());
        });
    runs.write();
    say.println();
    if (!keepModels) {
      say.println(
          "no model is kept (--keep-models keeps those of the parts); without --folds the same"
              + " command learns from all rows");
    }
  }

  private void writePredictions(SourceRows source, SortedMap<Long, List<?>> predicted) {
    Path to = folder.resolve("predictions" + ending());
    source.write(
        to, written, List.of("fold", "prediction", "score"), new LinkedHashMap<>(predicted));
    command.getOut().printf("wrote %s, what was predicted for each row, and folds.json%n", to);
  }
}
