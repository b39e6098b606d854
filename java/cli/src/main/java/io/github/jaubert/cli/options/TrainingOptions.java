package io.github.jaubert.cli.options;

import io.github.jaubert.cli.console.Wording;
import io.github.jaubert.train.ClassificationTask;
import io.github.jaubert.train.QuestionAnswering;
import io.github.jaubert.train.SequenceClassification;
import io.github.jaubert.train.TrainingSettings;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options that say how to fine-tune. What is not given is what the job suggests. */
public final class TrainingOptions extends RunOptions {
  @Option(
      names = "--head-lr-scale",
      paramLabel = "FACTOR",
      description =
          "How much larger the learning rate of the pooler and the classifier is. Default: 1.")
  Float headScale;

  @Option(
      names = "--max-length",
      paramLabel = "N",
      description =
          "Tokens that a text or pair is cut to. Default: 128; of a window of --task qa, 384.")
  public Integer maxLength;

  @Option(
      names = "--label-smoothing",
      paramLabel = "SHARE",
      description = "The share of the target that is spread over all labels. Default: 0.")
  Float labelSmoothing;

  @Option(
      names = "--class-weights",
      paramLabel = "WEIGHTS",
      converter = ClassWeights.Converter.class,
      description =
          "How much an example counts by its label: one weight a label in the order that is shown,"
              + " such as 1,2.5, or balanced, by which rare labels count more. Default: 1 each.")
  ClassWeights classWeights;

  @Option(
      names = "--focal-gamma",
      paramLabel = "GAMMA",
      description =
          "Take the focal loss, by which what is told well already counts little; 2 is usual.")
  Float focalGamma;

  @Option(
      names = "--focal-alpha",
      paramLabel = "ALPHA",
      description =
          "With --focal-gamma and any number of labels, how much one counts that holds; one that does"
              + " not counts 1 - ALPHA.")
  Float focalAlpha;

  /**
   * What a job suggests.
   *
   * @param settings those that suit it
   * @param headScale by which the learning rate of the pooler and the classifier is larger
   */
  public record Suggestion(TrainingSettings settings, float headScale) {
    /** Trainer chooses by model and data. */
    public static final Suggestion FILES = new Suggestion(TrainingSettings.defaults(), 1);

    /** Found by trying, for one pass over 8,000 short texts. */
    public static final Suggestion DEFINITIONS =
        new Suggestion(TrainingSettings.defaults().epochs(1).learningRate(2e-4f), 10);

    /** The same with adapters, whose rate suits a new head, too. */
    public static final Suggestion ADAPTED_DEFINITIONS =
        new Suggestion(TrainingSettings.defaults().epochs(1), 1);
  }

  /**
   * What was given or suggested over the library's defaults.
   *
   * @throws ParameterException naming option, value and range
   */
  public TrainingSettings settings(CommandLine command, Suggestion suggested) {
    if (focalAlpha != null && focalGamma == null) {
      throw new ParameterException(command, "--focal-alpha needs --focal-gamma");
    }
    Overlay over = over(command, suggested.settings());
    over.set(
        "--head-lr-scale",
        headScale == null ? suggested.headScale() : headScale,
        TrainingOptions::scaleHead);
    return over.settings();
  }

  /** Sets what belongs to the task. */
  public void apply(CommandLine command, ClassificationTask<?, ?, ?> task) {
    checked(
        command,
        () -> {
          if (maxLength != null) {
            task.maxLength(maxLength);
          }
          if (labelSmoothing != null) {
            task.labelSmoothing(labelSmoothing);
          }
          if (task instanceof SequenceClassification texts) {
            applyLoss(texts);
          }
        });
  }

  private void applyLoss(SequenceClassification task) {
    if (classWeights != null) {
      classWeights.apply(task);
    }
    if (focalAlpha != null) {
      task.focalLoss(focalGamma, focalAlpha);
    } else if (focalGamma != null) {
      task.focalLoss(focalGamma);
    }
  }

  /** Sets what belongs to a task of questions. */
  public void apply(CommandLine command, QuestionAnswering task, QuestionOptions questions) {
    checked(
        command,
        () -> {
          if (maxLength != null) {
            task.maxLength(maxLength);
          }
          questions.apply(task);
        });
  }

  /** Names the option where a setting is refused. */
  static void checked(CommandLine command, Runnable settings) {
    try {
      settings.run();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command, Wording.options(e.getMessage()), e);
    }
  }

  private static TrainingSettings scaleHead(TrainingSettings settings, float scale) {
    return scale == 1
        ? settings
        : settings.learningRateScale(
            "^classifier\\.|^qa_outputs\\.|\\.pooler\\.|^pre_classifier\\.|^sequence_summary\\.|^head\\.",
            scale);
  }
}
