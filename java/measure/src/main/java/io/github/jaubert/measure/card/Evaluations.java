package io.github.jaubert.measure.card;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jaubert.measure.bias.Estimate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What was measured of a model on data that it did not learn from. */
final class Evaluations {
  /** Names of metrics that the Hub knows by others. */
  private static final Map<String, String> ON_THE_HUB =
      Map.of(
          "macro_f1", "f1",
          "micro_f1", "f1",
          "matthews", "matthews_correlation",
          "pearson", "pearsonr",
          "spearman", "spearmanr");

  private Evaluations() {}

  /** Metrics by name; none if there were no data to judge by. */
  static Map<String, Double> of(ModelFacts facts) {
    Map<String, Double> values = new LinkedHashMap<>();
    facts
        .run()
        .path("evaluation")
        .properties()
        .forEach(
            entry -> {
              if (entry.getValue().isNumber() && Double.isFinite(entry.getValue().asDouble())) {
                values.put(entry.getKey(), entry.getValue().asDouble());
              }
            });
    return values;
  }

  static String onTheHub(String metric) {
    return ON_THE_HUB.getOrDefault(metric, metric);
  }

  /** The Markdown of metrics, and of each class. */
  static String markdown(ModelFacts facts) {
    Map<String, Double> values = of(facts);
    if (values.isEmpty()) {
      return "Not measured: there were no data to judge by.";
    }
    long examples = facts.run().path("eval_examples").asLong(0);
    List<List<String>> rows = new ArrayList<>();
    values.forEach(
        (name, value) ->
            rows.add(
                List.of(
                    Markdown.text(name),
                    number(value),
                    name.equals("accuracy") && examples > 0
                        ? interval(value, examples)
                        : "not measured")));
    StringBuilder out = new StringBuilder();
    out.append("On ")
        .append(Markdown.text(fileName(facts.run().path("eval").asText("held-out data"))));
    if (examples > 0) {
      out.append(String.format(Locale.ROOT, ", %,d examples", examples));
    }
    out.append(". Intervals are of 95 %, by Wilson's score.\n\n");
    out.append(Markdown.table(List.of("metric", "value", "interval"), rows));
    String classes = classes(facts);
    if (!classes.isEmpty()) {
      out.append("\nBy class:\n\n").append(classes);
    }
    JsonNode slices = facts.run().path("slices");
    if (!slices.isEmpty()) {
      out.append("\nBy ").append(Markdown.text(slices.path("column").asText()));
      out.append(", with intervals of 95 %, of F1 and gaps by bootstrap:\n\n")
          .append(slices(slices));
      out.append("\nA gap is never below 0, and of small slices large by chance.\n");
    }
    return out.toString();
  }

  private static String slices(JsonNode slices) {
    List<List<String>> rows = new ArrayList<>();
    slices
        .path("values")
        .properties()
        .forEach(
            one ->
                rows.add(
                    List.of(
                        Markdown.text(one.getKey()),
                        String.format(Locale.ROOT, "%,d", one.getValue().path("examples").asLong()),
                        estimate(one.getValue().path("accuracy")),
                        estimate(one.getValue().path("macro_f1")))));
    JsonNode gap = slices.path("largest_gap");
    rows.add(
        List.of("largest gap", "", estimate(gap.path("accuracy")), estimate(gap.path("macro_f1"))));
    return Markdown.table(List.of("value", "examples", "accuracy", "macro F1"), rows);
  }

  private static String estimate(JsonNode estimate) {
    if (!estimate.has("value")) {
      return "not measured";
    }
    String value = number(estimate.path("value").asDouble());
    return estimate.has("low")
        ? String.format(
            Locale.ROOT,
            "%s (%.3f to %.3f)",
            value,
            estimate.path("low").asDouble(),
            estimate.path("high").asDouble())
        : value;
  }

  private static String classes(ModelFacts facts) {
    List<List<String>> rows = new ArrayList<>();
    facts
        .run()
        .path("classification_report")
        .path("classes")
        .properties()
        .forEach(
            entry -> {
              JsonNode figures = entry.getValue();
              long support = figures.path("support").asLong();
              double recall = figures.path("recall").asDouble();
              rows.add(
                  List.of(
                      Markdown.text(entry.getKey()),
                      number(figures.path("precision").asDouble()),
                      number(recall),
                      support > 0 ? interval(recall, support) : "no example",
                      number(figures.path("f1").asDouble()),
                      String.format(Locale.ROOT, "%,d", support)));
            });
    return rows.isEmpty()
        ? ""
        : Markdown.table(
            List.of("class", "precision", "recall", "interval of recall", "F1", "examples"), rows);
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.4f", value);
  }

  private static String interval(double share, long count) {
    double[] ends = wilson(share, count);
    return String.format(Locale.ROOT, "%.3f to %.3f", ends[0], ends[1]);
  }

  /** Wilson's interval of 95 % of a share (Wilson 1927). */
  static double[] wilson(double share, long count) {
    Estimate estimate = Estimate.share(share, Math.toIntExact(count));
    return new double[] {estimate.low(), estimate.high()};
  }

  /** The last part of a path: where files lie on somebody's machine is no part of a card. */
  static String fileName(String path) {
    String trimmed = path.replaceAll("[/\\\\]+$", "");
    return trimmed.substring(Math.max(trimmed.lastIndexOf('/'), trimmed.lastIndexOf('\\')) + 1);
  }
}
