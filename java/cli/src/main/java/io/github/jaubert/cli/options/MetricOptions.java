package io.github.jaubert.cli.options;

import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.ProblemType;
import io.github.jaubert.cli.options.Task.MetricName;
import io.github.jaubert.train.Predictions.Search;
import io.github.jaubert.train.data.LabelText;
import io.github.jaubert.train.data.Targets;
import io.github.jaubert.train.data.TextDataset;
import io.github.jaubert.train.metrics.Metric;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options that say what a model is judged by. */
public final class MetricOptions {
  private static final int LISTED = 20;

  @Option(
      names = "--metric",
      split = ",",
      paramLabel = "NAME[,NAME]",
      hideParamSyntax = true,
      description = "${COMPLETION-CANDIDATES}; the first decides which evaluation is the best.")
  private List<MetricName> metrics;

  @Option(
      names = "--positive",
      paramLabel = "LABEL",
      description =
          "The class that f1, precision and recall are about. Default: the second of the labels.")
  private String positive;

  @Option(
      names = "--thresholds",
      paramLabel = "HOW",
      description =
          "${COMPLETION-CANDIDATES}: search the probability from which on a label holds, with the best"
              + " F1 on --eval, for each label or one for all. For any number of labels, or two"
              + " classes, where it is for --positive. predict then goes by them.")
  Search thresholds;

  @Option(
      names = "--slice-column",
      paramLabel = "NAME",
      description =
          "A column of the evaluation data: how good the model is for each of its values, with"
              + " intervals, and the largest gap between two. For labels.")
  private String sliceColumn;

  /** The column by which figures are divided; null for none. */
  public String sliceColumn() {
    return sliceColumn;
  }

  /**
   * Refuses slices of what is not judged, or has no labels.
   *
   * @throws ParameterException naming the option
   */
  public void checkSlices(CommandLine command, DataOptions data, Task task) {
    if (sliceColumn != null && !task.isOfTexts()) {
      throw new ParameterException(
          command, "--slice-column is for labels of whole texts, not for --task " + task);
    }
    if (sliceColumn != null && !data.isJudged()) {
      throw new ParameterException(command, "--slice-column needs --eval or --eval-share");
    }
  }

  /** How thresholds are searched; null: not at all. */
  public Search thresholds() {
    return thresholds;
  }

  public boolean isGiven() {
    return metrics != null || positive != null;
  }

  /**
   * Refuses a search without anything to search on.
   *
   * @throws ParameterException naming the option
   */
  public void checkThresholds(CommandLine command, DataOptions data) {
    if (thresholds != null && data.train() != null && !data.isJudged()) {
      throw new ParameterException(command, "--thresholds needs --eval or --eval-share");
    }
  }

  /**
   * Refuses what does not fit the labels.
   *
   * @throws ParameterException naming the option
   */
  public void check(CommandLine command, Labels labels) {
    boolean scores = labels.problemType() == ProblemType.REGRESSION;
    Set<MetricName> seen = EnumSet.noneOf(MetricName.class);
    for (MetricName metric : names(labels)) {
      if (!seen.add(metric)) {
        throw new ParameterException(
            command, "--metric %s is given twice".formatted(lower(metric)));
      }
      if (metric.measuresScores() != scores) {
        throw new ParameterException(
            command,
            "--metric %s measures %s, but the task is to predict %s"
                .formatted(
                    lower(metric),
                    metric.measuresScores() ? "scores" : "labels",
                    Task.describe(labels)));
      }
    }
    if (positive != null) {
      checkPositive(command, labels);
    }
    if (sliceColumn != null && scores) {
      throw new ParameterException(
          command,
          "--slice-column is for labels, but the task is to predict " + Task.describe(labels));
    }
    boolean several = labels.problemType() == ProblemType.MULTI_LABEL;
    boolean two = labels.problemType() == ProblemType.SINGLE_LABEL && labels.size() == 2;
    if (thresholds != null && !several && !two) {
      throw new ParameterException(
          command,
          "--thresholds are for any number of labels, or for one of two, but the task is to predict "
              + Task.describe(labels));
    }
  }

  private void checkPositive(CommandLine command, Labels labels) {
    if (labels.problemType() != ProblemType.SINGLE_LABEL) {
      throw new ParameterException(
          command, "--positive names a class, but the task is to predict " + Task.describe(labels));
    }
    if (!labels.names().contains(positive)) {
      throw new ParameterException(
          command,
          "--positive %s: the labels are %s"
              .formatted(positive, LabelText.listed(labels.names(), LISTED)));
    }
    if (thresholds == null && names(labels).stream().noneMatch(MetricName::measuresOneClass)) {
      throw new ParameterException(
          command, "--positive is for f1, precision and recall; choose these with --metric");
    }
  }

  private List<MetricName> names(Labels labels) {
    return metrics == null ? Task.usualMetrics(labels) : metrics;
  }

  private static String lower(MetricName metric) {
    return metric.name().toLowerCase(Locale.ROOT);
  }

  /** What was chosen, or what is usual for the labels. */
  public Metric[] metrics(Labels labels) {
    return names(labels).stream().map(name -> name.metric(positive(labels))).toArray(Metric[]::new);
  }

  /** The same, which know what they are about. */
  public List<Metric> named(Labels labels) {
    List<Metric> all = List.of(metrics(labels));
    all.forEach(metric -> metric.labels(labels));
    return all;
  }

  /** The class that some metrics are about; null where labels are no classes. */
  public String positive(Labels labels) {
    boolean classes = labels.problemType() == ProblemType.SINGLE_LABEL;
    return positive == null && classes ? labels.name(1) : positive;
  }

  /**
   * Which class some metrics are about, and how common it is, in a line: of a class that nearly all
   * examples have, a high F1 says little. Nothing if there are no such metrics.
   */
  public List<String> said(Labels labels, TextDataset eval) {
    String name = positive(labels);
    String about =
        names(labels).stream()
            .filter(MetricName::measuresOneClass)
            .map(MetricOptions::lower)
            .collect(Collectors.joining(", "));
    if (name == null || about.isEmpty()) {
      return List.of();
    }
    Targets targets = Targets.of(eval, labels);
    int index = labels.indexOf(name);
    long of = IntStream.range(0, eval.size()).filter(i -> targets.value(i, 0) == index).count();
    return List.of(
        String.format(
            Locale.ROOT,
            "%s: of %s, the label of %,d of %,d examples to be judged by (--positive)",
            about,
            name,
            of,
            eval.size()));
  }
}
