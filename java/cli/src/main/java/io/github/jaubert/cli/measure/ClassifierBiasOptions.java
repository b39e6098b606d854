package io.github.jaubert.cli.measure;

import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.ProblemType;
import io.github.jaubert.bert.pipeline.Pipelines;
import io.github.jaubert.bert.pipeline.TextClassification;
import io.github.jaubert.cli.console.Progress;
import io.github.jaubert.measure.bias.BiasListener;
import io.github.jaubert.measure.bias.BiasResult;
import io.github.jaubert.measure.bias.Bootstrap;
import io.github.jaubert.measure.bias.CounterfactualSwaps;
import io.github.jaubert.measure.bias.GroupFairness;
import io.github.jaubert.measure.bias.Labelled;
import io.github.jaubert.measure.bias.Tables;
import io.github.jaubert.measure.bias.WordSwaps;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.Example;
import io.github.jaubert.train.data.TextDataset;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** What is measured of a classifier. */
public final class ClassifierBiasOptions {
  private static final List<String> USUAL_TEXT = List.of("text", "sentence", "sentence1");
  private static final List<String> USUAL_LABEL = List.of("label", "labels", "gold_label");

  @Option(
      names = "--data",
      paramLabel = "FILE",
      description = "For a classifier, required: texts, as .tsv, .csv, .jsonl or .parquet.")
  private Path data;

  @Option(
      names = "--group-column",
      paramLabel = "NAME",
      description =
          "The column that says whom a row is about or from: accuracy, and who gets which label, by"
              + " group. Needs labels.")
  private String groupColumn;

  @Option(
      names = "--text-column",
      paramLabel = "NAME",
      description = "The column of the text; by default text, sentence or sentence1.")
  private String textColumn;

  @Option(
      names = "--pair-column",
      paramLabel = "NAME",
      description = "The column of the second text, for a model of pairs.")
  private String pairColumn;

  @Option(
      names = "--label-column",
      paramLabel = "NAME",
      description = "The column of the label; by default label, labels or gold_label.")
  private String labelColumn;

  @Option(
      names = "--label",
      paramLabel = "LABEL",
      description =
          "Compare groups by who gets this label, which may be repeated. Default: all, or of two the"
              + " last.")
  private List<String> labels = List.of();

  @Option(
      names = "--swaps",
      paramLabel = "FILE",
      description =
          "Pairs of words to exchange, one a line with a tab or comma between. Default: English words"
              + " for men and women.")
  private Path swaps;

  /** Refuses what a model for masked tokens has no use for. */
  public void refuse(CommandLine command, Path model) {
    String given =
        data != null
            ? "--data"
            : groupColumn != null
                ? "--group-column"
                : swaps != null
                    ? "--swaps"
                    : textColumn != null
                        ? "--text-column"
                        : pairColumn != null
                            ? "--pair-column"
                            : labelColumn != null
                                ? "--label-column"
                                : labels.isEmpty() ? null : "--label";
    if (given != null) {
      throw new ParameterException(
          command, "%s is for a classifier, which %s is not".formatted(given, model));
    }
  }

  /** Refuses what does not fit together. */
  public void check(CommandLine command, Path model) {
    if (data == null) {
      throw new ParameterException(
          command, "%s is a classifier: give it texts with --data FILE".formatted(model));
    }
    if (groupColumn == null && (labelColumn != null || !labels.isEmpty())) {
      throw new ParameterException(
          command, (labelColumn != null ? "--label-column" : "--label") + " is for --group-column");
    }
  }

  /** Measures all that was asked for. */
  public List<BiasResult> measure(
      CommandLine command, Path folder, DType type, Bootstrap bootstrap) {
    WordSwaps words = swaps == null ? WordSwaps.english() : WordSwaps.read(swaps);
    TextDataset table = Tables.open(data);
    List<String> columns = table.columnNames();
    TextDataset read = table.text(choose(columns, textColumn, USUAL_TEXT, "--text-column"));
    TextDataset texts = pairColumn == null ? read : read.pair(pairColumn);
    List<BiasResult> results = new ArrayList<>();
    try (Progress progress = new Progress();
        TextClassification model = Pipelines.textClassification(folder).computeType(type)) {
      if (model.labels().problemType() == ProblemType.REGRESSION) {
        throw new ParameterException(
            command, "%s predicts scores; bias is measured of labels".formatted(folder));
      }
      BiasListener shown = progress::advanced;
      if (groupColumn != null) {
        results.add(groups(texts, columns, model, shown, bootstrap));
      }
      List<Example> rows = texts.rows();
      results.add(
          CounterfactualSwaps.measure(
              model,
              rows.stream().map(Example::text).toList(),
              seconds(rows),
              words,
              shown,
              bootstrap));
    }
    return results;
  }

  private String choose(List<String> columns, String wanted, List<String> usual, String option) {
    if (wanted != null) {
      return wanted;
    }
    return usual.stream()
        .filter(columns::contains)
        .findFirst()
        .orElseThrow(
            () ->
                new DataException(
                    data.toString(),
                    "choose a column with %s; the columns are %s"
                        .formatted(option, String.join(", ", columns))));
  }

  private List<String> seconds(List<Example> rows) {
    return pairColumn == null ? null : rows.stream().map(Example::secondText).toList();
  }

  private GroupFairness.Result groups(
      TextDataset texts,
      List<String> columns,
      TextClassification model,
      BiasListener shown,
      Bootstrap bootstrap) {
    List<Example> rows =
        texts.label(choose(columns, labelColumn, USUAL_LABEL, "--label-column")).rows();
    Map<Long, String> groups = new HashMap<>();
    texts.label(groupColumn).rows().forEach(row -> groups.put(row.line(), row.label()));
    List<Example> both = rows.stream().filter(row -> groups.get(row.line()) != null).toList();
    List<String> truth = both.stream().map(row -> known(model.labels(), row)).toList();
    List<String> wanted = labels.stream().map(name -> known(model.labels(), name, 0)).toList();
    return GroupFairness.measure(
        Labelled.judge(
            model,
            both.stream().map(Example::text).toList(),
            seconds(both),
            truth,
            both.stream().map(row -> groups.get(row.line())).toList(),
            shown),
        wanted,
        bootstrap);
  }

  private String known(Labels known, Example row) {
    return known(known, String.join(", ", row.labels()), row.line());
  }

  /** The name of a label, which the data may number. */
  private String known(Labels known, String label, long line) {
    if (known.names().contains(label) || known.problemType() == ProblemType.MULTI_LABEL) {
      return label;
    }
    if (label.matches("\\d{1,6}") && Integer.parseInt(label) < known.size()) {
      return known.name(Integer.parseInt(label));
    }
    String reason =
        "the model has no label %s; its labels are %s"
            .formatted(label, String.join(", ", known.names()));
    throw line == 0
        ? new DataException("--label", reason)
        : new DataException(data.toString(), line, reason);
  }
}
