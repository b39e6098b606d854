package io.github.jaubert.cli.finetune;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.ProblemType;
import io.github.jaubert.bert.Thresholds;
import io.github.jaubert.cli.options.MetricOptions;
import io.github.jaubert.train.Predictions;
import io.github.jaubert.train.Predictions.Search;
import io.github.jaubert.train.metrics.ClassificationReport;
import io.github.jaubert.train.metrics.ClassificationReport.Row;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** How well a model tells each class of the evaluation data, and thresholds that suit them. */
public final class ClassTables {
  /** Of more classes, the table is in run.json alone. */
  private static final int MOST_ROWS = 40;

  /** A wider matrix does not fit on a line; what is confused most is told instead. */
  private static final int MOST_COLUMNS = 10;

  private static final int CONFUSED = 10;

  private final Labels labels;
  private final String positive; // null for any number of labels
  private final Search search; // null: no thresholds are searched
  private final Thresholds thresholds;
  private final ClassificationReport usual;
  private final ClassificationReport chosen;
  private final ClassificationReport crossed; // null where no thresholds are searched

  private final String all; // what has the figures of classes that are not printed

  private ClassTables(
      Predictions predictions, Search search, Thresholds thresholds, String positive, String all) {
    this.labels = predictions.labels();
    this.positive = positive;
    this.search = search;
    this.thresholds = thresholds;
    this.all = all;
    usual = predictions.report(Thresholds.usual(labels));
    chosen = thresholds.isChosen() ? predictions.report(thresholds) : usual;
    crossed = search == null ? null : predictions.crossFitted(search, positive);
  }

  /** The tables, with thresholds if the options ask for them. */
  public static ClassTables of(Predictions predictions, MetricOptions options) {
    Search search = options.thresholds();
    String positive = options.positive(predictions.labels());
    return new ClassTables(
        predictions,
        search,
        search == null
            ? Thresholds.usual(predictions.labels())
            : predictions.search(search, positive),
        positive,
        "run.json");
  }

  /** The tables by thresholds that a model has, or by the usual ones. */
  public static ClassTables of(Predictions predictions, Thresholds thresholds, String positive) {
    return new ClassTables(predictions, null, thresholds, positive, "--json");
  }

  /** Those that were found, or the usual ones. */
  Thresholds thresholds() {
    return thresholds;
  }

  /** What thresholds are searched for: F1 of the positive class, or of all decisions. */
  private String measure() {
    return positive == null ? "micro_f1" : "f1 (" + positive + ")";
  }

  private double measured(ClassificationReport report) {
    return positive == null
        ? report.micro().f1()
        : report.classes().get(labels.indexOf(positive)).f1();
  }

  // ---- for run.json ----

  public void describe(ObjectNode json) {
    ObjectNode report = json.putObject("classification_report");
    ObjectNode classes = report.putObject("classes");
    chosen.classes().forEach(row -> put(classes, row));
    for (Row row : List.of(chosen.micro(), chosen.macro(), chosen.weighted())) {
      put(report, row);
    }
    report.put("accuracy", chosen.accuracy());
    if (labels.problemType() == ProblemType.SINGLE_LABEL) {
      put(json.putArray("confusion_matrix"), chosen.confusion());
    } else {
      ObjectNode byLabel = json.putObject("confusion_matrix");
      for (int i = 0; i < labels.size(); i++) {
        put(byLabel.putArray(labels.name(i)), chosen.confusion(i));
      }
    }
    if (thresholds.isChosen()) {
      ObjectNode found = json.putObject("thresholds");
      if (search != null) {
        found.put("search", search.name().toLowerCase(Locale.ROOT));
      }
      ObjectNode byLabel = found.putObject("by_label");
      thresholds.byLabel().forEach(byLabel::put);
      found.put("measure", measure());
      found.put("usual", measured(usual));
      if (search == null) {
        found.put("at_these", measured(chosen));
      } else {
        found.put("on_the_examples_they_were_chosen_on", measured(chosen));
        found.put("of_the_other_half", measured(crossed));
      }
    }
  }

  private static void put(ObjectNode to, Row row) {
    to.putObject(row.name())
        .put("precision", row.precision())
        .put("recall", row.recall())
        .put("f1", row.f1())
        .put("support", row.support());
  }

  private static void put(ArrayNode to, long[][] rows) {
    for (long[] row : rows) {
      ArrayNode line = to.addArray();
      for (long count : row) {
        line.add(count);
      }
    }
  }

  // ---- for the reader ----

  public void print(PrintWriter out) {
    if (thresholds.isChosen()) {
      printThresholds(out);
    }
    if (labels.size() > MOST_ROWS) {
      out.printf("  %s has the figures of each of the %d classes%n", all, labels.size());
    } else {
      out.println();
      chosen.table().forEach(line -> print(out, line));
    }
    List<String> lines =
        labels.problemType() == ProblemType.SINGLE_LABEL && labels.size() > MOST_COLUMNS
            ? mostConfused()
            : labels.size() <= MOST_ROWS ? chosen.confusionTable() : List.<String>of();
    if (!lines.isEmpty()) {
      out.println();
      lines.forEach(line -> print(out, line));
    }
  }

  private static void print(PrintWriter out, String line) {
    out.println(line.isEmpty() ? "" : "  " + line);
  }

  private void printThresholds(PrintWriter out) {
    Map<String, Float> found = thresholds.byLabel();
    boolean one = positive == null && new HashSet<>(found.values()).size() == 1;
    String said =
        one
            ? String.format(Locale.ROOT, "%.3f for all labels", found.values().iterator().next())
            : found.entrySet().stream()
                .limit(MOST_COLUMNS)
                .map(e -> String.format(Locale.ROOT, "%s %.3f", e.getKey(), e.getValue()))
                .collect(Collectors.joining(", "));
    out.printf(
        "%n  thresholds: %s%s%n",
        said.replaceAll("[\r\n]+", " "), !one && found.size() > MOST_COLUMNS ? ", …" : "");
    if (search == null) {
      out.printf(
          Locale.ROOT,
          "  %s %.4f at one half, %.4f at these, by which predict and the tables go%n",
          measure(),
          measured(usual),
          measured(chosen));
      return;
    }
    out.printf(
        Locale.ROOT,
        "  %s %.4f at one half, %.4f at these, measured on the examples they were chosen on;%n"
            + "  %.4f where each half of the examples has the thresholds of the other%n",
        measure(),
        measured(usual),
        measured(chosen),
        measured(crossed));
  }

  /** Which classes were taken for which most often. */
  private List<String> mostConfused() {
    record Pair(long count, int truth, int said) {}
    long[][] matrix = chosen.confusion();
    List<Pair> pairs = new ArrayList<>();
    for (int i = 0; i < matrix.length; i++) {
      for (int j = 0; j < matrix.length; j++) {
        if (i != j && matrix[i][j] > 0) {
          pairs.add(new Pair(matrix[i][j], i, j));
        }
      }
    }
    pairs.sort((a, b) -> Long.compare(b.count, a.count));
    List<String> lines = new ArrayList<>();
    for (Pair pair : pairs.subList(0, Math.min(CONFUSED, pairs.size()))) {
      lines.add(
          "%d of %s taken for %s"
              .formatted(pair.count, labels.name(pair.truth), labels.name(pair.said))
              .replaceAll("[\r\n]+", " "));
    }
    if (!lines.isEmpty()) {
      lines.add(0, "confused most (" + all + " has all):");
    }
    return lines;
  }
}
