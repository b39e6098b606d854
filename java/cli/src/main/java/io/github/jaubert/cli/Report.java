package io.github.jaubert.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.ProblemType;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.checkpoint.AtomicFile;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.pipeline.LabelScore;
import io.github.jaubert.bert.pipeline.Pipelines;
import io.github.jaubert.bert.pipeline.TextClassification;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.train.TrainingResult;
import io.github.jaubert.train.data.Example;
import io.github.jaubert.train.data.LabelText;
import io.github.jaubert.train.data.TextDataset;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What a run leaves behind: {@code run.json} in its folder, and a summary for the reader. */
final class Report {
  private static final int SHOWN = 5;
  private static final int SHOWN_WIDTH = 70;

  private final PrintWriter say;
  private final TextDataset eval; // null if nothing was evaluated
  private final Map<String, Double> baselines = new LinkedHashMap<>();

  Report(PrintWriter say, TextDataset eval) {
    this.say = say;
    this.eval = eval;
  }

  /** The accuracy of something simpler. */
  void baseline(String name, double accuracy) {
    baselines.put(name, accuracy);
  }

  /**
   * Writes how the result came about: what was asked for, what it was made of, and every setting,
   * chosen or not.
   *
   * @param inputs model and data, by name
   */
  void write(
      Path folder,
      List<String> arguments,
      ObjectNode inputs,
      SequenceClassifier model,
      TrainingResult result) {
    ObjectNode json = JsonFiles.object();
    json.put("jaubert", Main.version());
    ArrayNode words = json.putArray("command");
    arguments.forEach(words::add);
    json.put("device", Device.defaultDevice().description());
    Machine.describe(json);
    json.setAll(inputs);
    json.set("settings", new ObjectMapper().valueToTree(result.settings()));
    Labels labels = model.labels();
    json.put("problem_type", labels.problemType().huggingFaceName());
    ArrayNode names = json.putArray("labels");
    labels.names().forEach(names::add);
    json.put("steps", result.steps());
    json.put("training_seconds", result.seconds());
    json.put("tokens_per_second", result.tokensPerSecond());
    ObjectNode accuracies = json.putObject("baseline_accuracy");
    baselines.forEach(accuracies::put);
    ObjectNode metrics = json.putObject("evaluation");
    result.metrics().forEach(metrics::put);
    AtomicFile.write(folder.resolve("run.json"), JsonFiles.format(json));
  }

  /**
   * Prints figures and a few answers; the answers come from the folder that was written.
   *
   * @param pairs whether the model is one of pairs of texts
   */
  void print(Path folder, TrainingResult result, boolean pairs) {
    say.println();
    if (eval != null) {
      say.printf("On %s:%n", counted(eval.size(), "evaluation example"));
      baselines.forEach((name, accuracy) -> line("accuracy, " + name, percent(accuracy)));
      result.metrics().forEach(this::measured);
      say.println();
      try (TextClassification classify = Pipelines.textClassification(folder)) {
        eval.rows().stream().limit(SHOWN).forEach(row -> answer(classify, row));
      }
      say.println();
    }
    if (result.seconds() > 0) {
      say.printf(
          Locale.ROOT,
          "%s in %.0f s, %,.0f tokens/s%n",
          counted(result.steps(), "step"),
          result.seconds(),
          result.tokensPerSecond());
    }
    say.printf(
        "wrote %s; try: %s predict --model %s \"some text\"%s%n",
        folder, Main.command(), folder, pairs ? " --pair \"another\"" : "");
  }

  private void line(String name, String value) {
    say.printf("  %-46s %8s%n", name, value);
  }

  private void measured(String name, double value) {
    if (!name.equals("loss")) {
      line(
          name + ", fine-tuned",
          name.equals("accuracy") ? percent(value) : String.format(Locale.ROOT, "%.4f", value));
    }
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }

  private void answer(TextClassification classify, Example row) {
    List<LabelScore> scores =
        row.secondText() == null
            ? classify.of(row.text())
            : classify.of(row.text(), row.secondText());
    String text = row.secondText() == null ? row.text() : row.text() + " | " + row.secondText();
    String answer =
        classify.labels().problemType() == ProblemType.MULTI_LABEL
            ? scores.stream().filter(score -> score.score() > 0.5f).toList().toString()
            : scores.get(0).toString();
    List<String> known = classify.labels().names();
    String truth =
        row.labels().isEmpty()
            ? "it has no label"
            : row.labels().stream()
                .map(label -> known.contains(whole(label)) ? whole(label) : label)
                .collect(Collectors.joining(", ", "it is ", ""));
    say.printf("  %s%n    %s (%s)%n", shortened(text), answer, truth);
  }

  /** 1.0 is the class 1. */
  private static String whole(String label) {
    return LabelText.withoutFraction(label);
  }

  /** Such as {@code 1 step} or {@code 1,200 steps}. */
  static String counted(long count, String thing) {
    return String.format(Locale.ROOT, "%,d %s%s", count, thing, count == 1 ? "" : "s");
  }

  private static String shortened(String text) {
    return text.length() <= SHOWN_WIDTH ? text : text.substring(0, SHOWN_WIDTH) + "…";
  }
}
