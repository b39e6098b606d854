package io.github.jaubert.cli.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;

/** The part of a page that tells how well a model answers, and where it does not. */
final class AnswerTables {
  /** Of more classes, what is confused most is told and no matrix is drawn. */
  private static final int MOST_COLUMNS = 30;

  private static final int CONFUSED = 20;

  /** A table of so many classes and their matrix fit beside each other. */
  private static final int MOST_BESIDE = 9;

  /** A cell with more than this share of its row has light text. */
  private static final double DEEP = 0.5;

  private record Confused(long count, String truth, String said) {}

  private final Html html;
  private final JsonNode json;
  private final JsonNode examples;
  private final List<String> names = new ArrayList<>(); // of the labels

  AnswerTables(Html html, RecordedRun run) {
    this.html = html;
    json = run.description();
    examples = run.examples();
    json.path("labels").forEach(name -> names.add(name.asText()));
  }

  void write() {
    if (!json.path("classification_report").isEmpty()) {
      html.element("h2", "Classes");
      html.open("div", "class", names.size() > MOST_BESIDE ? "examples" : "grid");
      classes();
      confusion();
      html.close("div");
    }
    slices();
    calibration();
    examples(
        "errors",
        "Worst errors",
        "The wrong answers that the model is surest of, or that are the farthest off.");
    examples(
        "high_loss",
        "Training examples whose loss stays high",
        "After training the model still does not believe these labels: some may be wrong.");
  }

  // ---- classes ----

  private void classes() {
    JsonNode report = json.path("classification_report");
    html.open("figure", "class", "scroll").element("figcaption", "By class");
    html.open("table").open("tr");
    html.element("th", "");
    for (String name : List.of("precision", "recall", "f1", "support")) {
      html.element("th", name);
    }
    html.close("tr");
    report.path("classes").properties().forEach(one -> row(one, ""));
    report.properties().stream()
        .filter(one -> one.getKey().endsWith(" avg"))
        .forEach(one -> row(one, "sum"));
    html.close("table").close("figure");
  }

  private void row(Map.Entry<String, JsonNode> one, String kind) {
    html.open("tr", "class", kind);
    html.element("td", one.getKey(), "class", "name", "title", one.getKey());
    for (String name : List.of("precision", "recall", "f1")) {
      html.element("td", String.format(Locale.ROOT, "%.3f", one.getValue().path(name).asDouble()));
    }
    html.element("td", one.getValue().path("support").asLong());
    html.close("tr");
  }

  // ---- confusion ----

  private void confusion() {
    JsonNode matrix = json.path("confusion_matrix");
    if (!matrix.isArray() || matrix.isEmpty() || names.size() != matrix.size()) {
      return; // of any number of labels there is one for each, which the table by class tells
    }
    if (names.size() > MOST_COLUMNS) {
      mostConfused(matrix);
      return;
    }
    html.open("figure", "class", "scroll");
    html.element("figcaption", "Confusion matrix: a row for each label, a column for each answer");
    html.open("table", "class", "matrix").open("tr");
    html.element("th", "");
    names.forEach(name -> html.element("th", name, "class", "name", "title", name));
    html.close("tr");
    for (int i = 0; i < names.size(); i++) {
      html.open("tr");
      html.element("th", names.get(i), "class", "name", "title", names.get(i));
      long sum = 0;
      for (JsonNode count : matrix.get(i)) {
        sum += count.asLong();
      }
      for (JsonNode count : matrix.get(i)) {
        double share = sum == 0 ? 0 : (double) count.asLong() / sum;
        html.element(
            "td",
            count.asLong(),
            "class",
            share > DEEP ? "cell deep" : "cell",
            "style",
            String.format(Locale.ROOT, "--share: %.1f%%", 90 * share));
      }
      html.close("tr");
    }
    html.close("table").close("figure");
  }

  private void mostConfused(JsonNode matrix) {
    List<Confused> pairs = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      for (int j = 0; j < names.size(); j++) {
        long count = matrix.path(i).path(j).asLong();
        if (i != j && count > 0) {
          pairs.add(new Confused(count, names.get(i), names.get(j)));
        }
      }
    }
    pairs.sort(Comparator.comparingLong(Confused::count).reversed());
    html.open("figure", "class", "scroll").element("figcaption", "Confused most");
    html.open("table").open("tr");
    html.element("th", "label").element("th", "taken for").element("th", "times").close("tr");
    for (Confused pair : pairs.subList(0, Math.min(CONFUSED, pairs.size()))) {
      html.open("tr").element("td", pair.truth()).element("td", pair.said());
      html.element("td", pair.count()).close("tr");
    }
    html.close("table").close("figure");
  }

  // ---- slices ----

  private void slices() {
    JsonNode slices = json.path("slices");
    if (slices.isEmpty()) {
      return;
    }
    html.element("h2", "By " + slices.path("column").asText());
    html.element(
        "p",
        "Intervals of 95 %, of accuracy by Wilson's score, of F1 and gaps by bootstrap. A gap is never"
            + " below 0, and of small slices large by chance.",
        "class",
        "note");
    html.open("figure", "class", "scroll").open("table").open("tr");
    for (String name : List.of("value", "examples", "accuracy", "macro F1")) {
      html.element("th", name);
    }
    html.close("tr");
    slices
        .path("values")
        .properties()
        .forEach(
            one ->
                slice(
                    one.getKey(),
                    String.format(Locale.ROOT, "%,d", one.getValue().path("examples").asLong()),
                    one.getValue(),
                    ""));
    slice("largest gap", "", slices.path("largest_gap"), "sum");
    html.close("table").close("figure");
  }

  private void slice(String name, String examples, JsonNode figures, String kind) {
    html.open("tr", "class", kind);
    html.element("td", name, "class", "name", "title", name).element("td", examples);
    for (String figure : List.of("accuracy", "macro_f1")) {
      JsonNode one = figures.path(figure);
      html.element(
          "td",
          !one.has("value")
              ? "–"
              : String.format(Locale.ROOT, "%.3f", one.path("value").asDouble())
                  + (one.has("low")
                      ? String.format(
                          Locale.ROOT,
                          " [%.3f, %.3f]",
                          one.path("low").asDouble(),
                          one.path("high").asDouble())
                      : ""));
    }
    html.close("tr");
  }

  // ---- calibration ----

  private void calibration() {
    JsonNode calibration = examples.path("calibration");
    if (calibration.isEmpty()) {
      return;
    }
    html.element("h2", "Calibration");
    html.element(
        "p",
        "Expected calibration error %.4f. Of answers with a probability of 0.8, 8 of 10 should be right: where a bar ends above the line, the model is right more often than it says, below it less often."
            .formatted(calibration.path("expected_calibration_error").asDouble()),
        "class",
        "note");
    html.open("div", "class", "grid");
    html.open("figure").element("figcaption", "Share that is right by probability");
    Axes axes = new Axes(1, 0, 1);
    axes.open(html, "Reliability diagram", "probability of the answer");
    for (JsonNode bin : calibration.path("bins")) {
      if (bin.path("count").asInt() > 0) {
        bar(axes, bin, bin.path("accuracy").asDouble());
      }
    }
    html.open(
        "line",
        "class",
        "even",
        "x1",
        Axes.at(axes.px(0)),
        "y1",
        Axes.at(axes.py(0)),
        "x2",
        Axes.at(axes.px(1)),
        "y2",
        Axes.at(axes.py(1)));
    html.close("line").close("svg").close("figure");
    html.open("figure").element("figcaption", "How many answers have it");
    double most = 1;
    for (JsonNode bin : calibration.path("bins")) {
      most = Math.max(most, bin.path("count").asDouble());
    }
    Axes counts = new Axes(1, 0, most);
    counts.open(html, "Number of answers by probability", "probability of the answer");
    for (JsonNode bin : calibration.path("bins")) {
      bar(counts, bin, bin.path("count").asDouble());
    }
    html.close("svg").close("figure").close("div");
  }

  private void bar(Axes axes, JsonNode bin, double height) {
    double left = axes.px(bin.path("from").asDouble()) + 1;
    double top = axes.py(height);
    html.open(
        "rect",
        "class",
        "bar",
        "x",
        Axes.at(left),
        "y",
        Axes.at(top),
        "width",
        Axes.at(axes.px(bin.path("to").asDouble()) - 1 - left),
        "height",
        Axes.at(axes.py(0) - top));
    html.element(
        "title",
        "%s to %s: %d answers, mean probability %s, right %s"
            .formatted(
                Axes.number(bin.path("from").asDouble()),
                Axes.number(bin.path("to").asDouble()),
                bin.path("count").asInt(),
                Page.words(bin.path("confidence")),
                Page.words(bin.path("accuracy"))));
    html.close("rect");
  }

  // ---- examples ----

  private void examples(String name, String title, String note) {
    JsonNode shown = examples.path(name);
    if (shown.isEmpty()) {
      return;
    }
    html.element("h2", title).element("p", note, "class", "note");
    html.open("div", "class", "examples");
    for (JsonNode one : shown) {
      html.open("div", "class", "card example");
      html.element("p", one.path("text").asText());
      if (one.path("pair").isTextual()) {
        html.element("p", one.path("pair").asText());
      }
      html.open("div").text("label ").element("span", joined(one.path("label")), "class", "truth");
      html.text(", answer ").element("span", joined(one.path("answer")), "class", "said");
      for (String figure : List.of("probability", "error", "loss")) {
        if (one.has(figure)) {
          html.text(String.format(Locale.ROOT, ", %s %.3f", figure, one.path(figure).asDouble()));
        }
      }
      if (one.has("line")) {
        String file = one.has("file") ? one.path("file").asText() + " " : "";
        html.text(", " + file + "line " + one.path("line").asText());
      }
      html.close("div").close("div");
    }
    html.close("div");
  }

  private static String joined(JsonNode names) {
    StringJoiner joined = new StringJoiner(", ");
    joined.setEmptyValue("none");
    names.forEach(name -> joined.add(name.asText()));
    return joined.toString();
  }
}
