package io.github.jaubert.cli.finetune;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.ProblemType;
import io.github.jaubert.measure.bias.Bootstrap;
import io.github.jaubert.measure.bias.Estimate;
import io.github.jaubert.measure.bias.Judged;
import io.github.jaubert.measure.bias.SliceMetrics;
import io.github.jaubert.train.Judgement;
import io.github.jaubert.train.data.LabelText;
import io.github.jaubert.train.data.Targets;
import io.github.jaubert.train.data.TextDataset;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** How good a model is for each value of a column of the evaluation data. */
final class SliceTable {
  private static final int WIDTH = 24;

  private final String column;
  private final SliceMetrics.Result result;

  private SliceTable(String column, SliceMetrics.Result result) {
    this.column = column;
    this.result = result;
  }

  /**
   * Divides what a model says.
   *
   * @param values of each row
   * @param judgements in order of the rows
   */
  static SliceTable of(
      String column,
      List<String> values,
      List<Judgement> judgements,
      TextDataset eval,
      Labels labels,
      long seed) {
    Targets targets = Targets.of(eval, labels);
    boolean single = labels.problemType() == ProblemType.SINGLE_LABEL;
    List<Judged> rows = new ArrayList<>();
    for (int row = 0; row < values.size(); row++) {
      int at = row;
      String truth =
          single
              ? labels.name((int) targets.value(row, 0))
              : IntStream.range(0, labels.size())
                  .filter(i -> targets.value(at, i) == 1)
                  .mapToObj(labels::name)
                  .collect(Collectors.joining("\n"));
      String said = String.join("\n", judgements.get(row).answer());
      rows.add(new Judged(truth, said, values.get(row)));
    }
    return new SliceTable(column, SliceMetrics.measure(rows, single, Bootstrap.of(seed)));
  }

  // ---- for run.json ----

  void describe(ObjectNode json) {
    ObjectNode slices = json.putObject("slices").put("column", column);
    ObjectNode values = slices.putObject("values");
    for (Map.Entry<String, SliceMetrics.Slice> one : result.slices().entrySet()) {
      ObjectNode to = values.putObject(one.getKey()).put("examples", one.getValue().rows());
      put(to, "accuracy", one.getValue().accuracy());
      put(to, "macro_f1", one.getValue().macroF1());
    }
    ObjectNode gap = slices.putObject("largest_gap");
    put(gap, "accuracy", result.accuracyGap());
    put(gap, "macro_f1", result.macroF1Gap());
  }

  private static void put(ObjectNode to, String name, Estimate estimate) {
    if (estimate != null && !Double.isNaN(estimate.value())) {
      ObjectNode one = to.putObject(name).put("value", estimate.value());
      if (!Double.isNaN(estimate.low())) {
        one.put("low", estimate.low()).put("high", estimate.high());
      }
    }
  }

  // ---- for the reader ----

  void print(PrintWriter out) {
    out.println();
    boolean single = result.macroF1Gap() != null;
    line(out, "by " + column, "examples", "accuracy", single ? "macro F1" : "");
    result
        .slices()
        .forEach(
            (value, one) ->
                line(
                    out,
                    value,
                    String.format(Locale.ROOT, "%,d", one.rows()),
                    figure(one.accuracy()),
                    figure(one.macroF1())));
    line(out, "largest gap", "", figure(result.accuracyGap()), figure(result.macroF1Gap()));
  }

  private static void line(
      PrintWriter out, String name, String rows, String accuracy, String macroF1) {
    String shown = LabelText.escaped(name);
    String shortened = shown.length() <= WIDTH ? shown : shown.substring(0, WIDTH - 1) + "…";
    String line =
        String.format(
            Locale.ROOT, "  %-" + WIDTH + "s %9s  %-22s  %s", shortened, rows, accuracy, macroF1);
    out.println(line.stripTrailing());
  }

  private static String figure(Estimate estimate) {
    if (estimate == null || Double.isNaN(estimate.value())) {
      return estimate == null ? "" : "–";
    }
    return Double.isNaN(estimate.low())
        ? String.format(Locale.ROOT, "%.3f", estimate.value())
        : String.format(
            Locale.ROOT, "%.3f [%.3f, %.3f]", estimate.value(), estimate.low(), estimate.high());
  }
}
