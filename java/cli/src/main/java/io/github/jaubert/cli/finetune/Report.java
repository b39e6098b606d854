package io.github.jaubert.cli.finetune;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.AtomicFile;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.cli.console.Figures;
import io.github.jaubert.cli.console.Machine;
import io.github.jaubert.cli.console.Program;
import io.github.jaubert.cli.options.EncoderOptions;
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
public final class Report {
  private final PrintWriter say;
  private final Map<String, Double> baselines = new LinkedHashMap<>();

  public Report(PrintWriter say) {
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
  public void write(
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
  public static ObjectNode begin(List<String> arguments) {
    ObjectNode json = JsonFiles.object();
    json.put("jaubert", Program.version());
    ArrayNode words = json.putArray("command");
    arguments.forEach(words::add);
    json.put("device", Device.defaultDevice().description());
    Machine.describe(json);
    return json;
  }

  /** How long a run was and, on the CPU, what power it took, for {@code run.json}. */
  public static void figures(ObjectNode json, TrainingResult result, PowerMeter power) {
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

  /** Prints figures and a few answers; the answers come from the folder that was written. */
  public void print(Path folder, TrainingResult result, Job job) {
    say.println();
    if (job.judgedBy() != null) {
      say.printf("On %s:%n", job.judgedBy());
      baselines.forEach(
          (name, accuracy) -> Figures.print(say, "accuracy, " + name, "accuracy", accuracy));
      result
          .metrics()
          .forEach((name, value) -> Figures.print(say, name + ", fine-tuned", name, value));
      job.tables(say);
      say.println();
      job.answers(folder, say);
      say.println();
    }
    Figures.speed(say, result);
    say.printf(
        "wrote %s; try: %s predict --model %s \"some text\"%s%n",
        folder, Program.command(), folder, job.moreArguments());
  }
}
