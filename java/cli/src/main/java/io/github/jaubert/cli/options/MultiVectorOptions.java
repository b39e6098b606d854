package io.github.jaubert.cli.options;

import io.github.jaubert.bert.MultiVectorEncoder;
import io.github.jaubert.bert.MultiVectorSettings;
import io.github.jaubert.train.MultiVectorTraining;
import java.util.List;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options of {@code --task colbert}: the projection, how queries are read, the temperature. */
public final class MultiVectorOptions {
  /** What it heeds of the options of {@code --task embeddings}. */
  public static final Set<String> SHARED = Set.of("--negative-column", "--allow-duplicates");

  private static final Set<String> NOT_HEEDED =
      Set.of("--label-smoothing", "--class-weights", "--focal-gamma", "--focal-alpha", "--shots");

  private static final int SHORTEST = 4; // [CLS], a marker, a token, [SEP]

  @Option(
      names = "--token-dimensions",
      paramLabel = "N",
      description =
          "With --task colbert: how many numbers the vector of a token has. Default: what the"
              + " model's folder says, or 128.")
  private Integer dimensions;

  @Option(
      names = "--query-length",
      paramLabel = "N",
      description =
          "With --task colbert: tokens that a query is cut to, and filled up to; --max-length is"
              + " that of documents. Default: what the folder says, or 32 and 180.")
  private Integer queryLength;

  @Option(
      names = "--query-expansion",
      paramLabel = "HOW",
      description =
          "${COMPLETION-CANDIDATES}: fill queries up with [MASK] that their words do not attend to,"
              + " or do, or not at all. Default: what the folder says, or HIDDEN.")
  private Expansion expansion;

  @Option(
      names = "--score-temperature",
      paramLabel = "X",
      description = "What scores are divided by before the softmax. Default: 1.")
  private Float temperature;

  /** What queries are filled up with. */
  enum Expansion {
    HIDDEN,
    ATTENDED,
    NONE
  }

  /**
   * Refuses options of other tasks than the one that was chosen.
   *
   * @throws ParameterException naming the first of them
   */
  public void check(CommandLine command, Task task, TrainingOptions training) {
    if (task != Task.COLBERT) {
      TaskOptions.refuseOf(command, MultiVectorOptions.class, "colbert", Set.of());
      return;
    }
    TaskOptions.refuse(
        command,
        NOT_HEEDED,
        List.of(LabelOptions.class, MetricOptions.class, TeacherOptions.class),
        "is not for --task colbert");
    TrainingOptions.atLeast(command, "--token-dimensions", dimensions, 1);
    TrainingOptions.atLeast(command, "--query-length", queryLength, SHORTEST);
    TrainingOptions.atLeast(command, "--max-length", training.maxLength, SHORTEST);
    if (temperature != null && !(temperature > 0 && temperature < Float.POSITIVE_INFINITY)) {
      throw new ParameterException(
          command, "--score-temperature " + temperature + ": a finite number above 0");
    }
  }

  /** How many numbers the vector of a token has; null for what the folder says. */
  public Integer dimensions() {
    return dimensions;
  }

  /** Gives a model the settings that were chosen. */
  public void apply(MultiVectorEncoder model) {
    MultiVectorSettings settings = model.settings();
    if (queryLength != null) {
      settings = settings.withLengths(queryLength, settings.documentLength());
    }
    if (expansion != null) {
      settings =
          settings.withExpansion(expansion != Expansion.NONE, expansion == Expansion.ATTENDED);
    }
    model.settings(settings);
  }

  /** Sets what belongs to the task. */
  public void apply(MultiVectorTraining task) {
    if (temperature != null) {
      task.temperature(temperature);
    }
  }
}
