package io.github.jaubert.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.AtomicFile;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.measure.card.PowerMeter;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.train.TrainingResult;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What a run leaves behind: {@code run.json} in its folder, and a summary for the reader. */
final class Report {
  /** So many answers are shown. */
  static final int SHOWN = 5;

  private static final int SHOWN_WIDTH = 70;

  private final PrintWriter say;
  private final Map<String, Double> baselines = new LinkedHashMap<>();

  Report(PrintWriter say) {
    this.say = say;
  }

  /** The accuracy of something simpler. */
  void baseline(String name, double accuracy) {
    baselines.put(name, accuracy);
  }

  /**
   * Writes how the result came about: what was asked for, what it was made of, and every setting,
   * chosen or not.
   */
  void write(
      Path folder,
      List<String> arguments,
      EncoderOptions encoder,
      Job job,
      TrainingResult result,
      PowerMeter power,
      List<String> measured) {
    ObjectNode json = begin(arguments);
    json.put("model", encoder.name());
    json.put("new_head", encoder.isNewHead());
    job.describe(json);
    json.set("settings", new ObjectMapper().valueToTree(result.settings()));
    ArrayNode names = json.putArray("labels");
    if (job.labels() != null) {
      job.labels().names().forEach(names::add);
    }
    figures(json, result, power);
    ArrayNode data = json.putArray("data");
    measured.forEach(data::add);
    ObjectNode accuracies = json.putObject("baseline_accuracy");
    baselines.forEach(accuracies::put);
    ObjectNode metrics = json.putObject("evaluation");
    result.metrics().forEach(metrics::put);
    AtomicFile.write(folder.resolve("run.json"), JsonFiles.format(json));
  }

  /** What {@code run.json} of any run begins with: by what, how and where it was made. */
  static ObjectNode begin(List<String> arguments) {
    ObjectNode json = JsonFiles.object();
    json.put("jaubert", Main.version());
    ArrayNode words = json.putArray("command");
    arguments.forEach(words::add);
    json.put("device", Device.defaultDevice().description());
    Machine.describe(json);
    return json;
  }

  /** How long a run was and, on the CPU, what power it took, for {@code run.json}. */
  static void figures(ObjectNode json, TrainingResult result, PowerMeter power) {
    if (Device.defaultDevice() == Device.cpu()) {
      PowerMeter.Reading reading =
          power.read(json.path("memory").path("total_mib").asDouble(0) / 1024);
      json.putObject("power")
          .put("watts", reading.watts())
          .put("source", reading.source().name().toLowerCase(Locale.ROOT));
    }
    json.put("steps", result.steps());
    json.put("training_seconds", result.seconds());
    json.put("tokens_per_second", result.tokensPerSecond());
  }

  /** Prints how fast a run was, unless it had finished earlier. */
  static void speed(PrintWriter say, TrainingResult result) {
    if (result.seconds() > 0) {
      say.printf(
          Locale.ROOT,
          "%s in %.0f s, %,.0f tokens/s%n",
          counted(result.steps(), "step"),
          result.seconds(),
          result.tokensPerSecond());
    }
  }

  /** Prints figures and a few answers; the answers come from the folder that was written. */
  void print(Path folder, TrainingResult result, Job job) {
    say.println();
    if (job.judgedBy() != null) {
      say.printf("On %s:%n", job.judgedBy());
      baselines.forEach((name, accuracy) -> line(say, "accuracy, " + name, percent(accuracy)));
      result.metrics().forEach(this::measured);
      job.tables(say);
      say.println();
      job.answers(folder, say);
      say.println();
    }
    speed(say, result);
    say.printf(
        "wrote %s; try: %s predict --model %s \"some text\"%s%n",
        folder, Main.command(), folder, job.moreArguments());
  }

  private static void line(PrintWriter say, String name, String value) {
    say.printf("  %-46s %8s%n", name, value);
  }

  private void measured(String name, double value) {
    figure(say, name, ", fine-tuned", value);
  }

  /** Prints what was measured, but for the loss. */
  static void figure(PrintWriter say, String name, double value) {
    figure(say, name, "", value);
  }

  private static void figure(PrintWriter say, String name, String of, double value) {
    if (!name.equals("loss")) {
      line(say, name + of, figure(name, value));
    }
  }

  /** What was measured, as {@code 93.1 %} or {@code 0.8765}. */
  static String figure(String name, double value) {
    return name.equals("accuracy") ? percent(value) : String.format(Locale.ROOT, "%.4f", value);
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }

  /** Such as {@code 1 step} or {@code 1,200 steps}. */
  static String counted(long count, String thing) {
    return String.format(Locale.ROOT, "%,d %s%s", count, thing, count == 1 ? "" : "s");
  }

  /** The beginning of a long text. */
  static String shortened(String text) {
    return text.length() <= SHOWN_WIDTH ? text : text.substring(0, SHOWN_WIDTH) + "…";
  }
}
