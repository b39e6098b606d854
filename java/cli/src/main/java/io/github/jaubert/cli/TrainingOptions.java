package io.github.jaubert.cli;

import io.github.jaubert.autograd.CapturedStep;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.train.ClassificationTask;
import io.github.jaubert.train.SequenceClassification;
import io.github.jaubert.train.Trainer;
import io.github.jaubert.train.TrainingSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options that say how to train. What is not given is what the job suggests. */
final class TrainingOptions {
  @Option(
      names = "--epochs",
      paramLabel = "N",
      description =
          "Passes over the training data. Default: 3, or more if that makes fewer than 200 steps.")
  Integer epochs;

  @Option(
      names = {"--learning-rate", "--lr"},
      paramLabel = "RATE",
      description =
          "The largest learning rate. Default: by the hidden size, 1e-4 up to 384, 5e-5 below 768,"
              + " 3e-5 below 1024, then 2e-5.")
  Float learningRate;

  @Option(
      names = "--head-lr-scale",
      paramLabel = "FACTOR",
      description =
          "How much larger the learning rate of the pooler and the classifier is. Default: 1.")
  Float headScale;

  @Option(
      names = "--layer-decay",
      paramLabel = "FACTOR",
      description =
          "The learning rate of each layer as a part of that of the layer above. Default: 1.")
  Float layerDecay;

  @Option(
      names = "--warmup",
      paramLabel = "SHARE",
      description = "The share of all steps over which the rate rises. Default: 0.1.")
  Float warmup;

  @Option(names = "--weight-decay", paramLabel = "DECAY", description = "Default: 0.01.")
  Float weightDecay;

  @ArgGroup Batch batch;

  /** One or the other. */
  static final class Batch {
    @Option(
        names = "--batch-size",
        paramLabel = "N",
        description = "Sentences a batch. Default: 32.")
    Integer sentences;

    @Option(
        names = "--batch-tokens",
        paramLabel = "N",
        description = "Tokens a batch, about, instead of sentences.")
    Integer tokens;
  }

  @Option(
      names = "--gradient-accumulation",
      paramLabel = "N",
      description = "Batches a step. Default: 1.")
  Integer gradientAccumulation;

  @Option(
      names = "--max-length",
      paramLabel = "N",
      description = "Tokens that a text or pair is cut to. Default: 128.")
  Integer maxLength;

  @Option(
      names = "--label-smoothing",
      paramLabel = "SHARE",
      description = "The share of the target that is spread over all labels. Default: 0.")
  Float labelSmoothing;

  @Option(
      names = "--class-weights",
      paramLabel = "WEIGHT",
      split = ",",
      description =
          "How much an example counts by its label, one weight a label in the order that is shown."
              + " Default: 1 each.")
  float[] classWeights;

  @Option(
      names = "--ema-decay",
      paramLabel = "DECAY",
      description =
          "Judge by and keep an average of the weights over about the last 1 / (1 - DECAY) steps,"
              + " as 0.997. Default: 0, the last weights.")
  Float emaDecay;

  @Option(
      names = "--keep-best",
      description = "Keep the weights of the best evaluation, not the last.")
  boolean keepBest;

  @Option(
      names = "--patience",
      paramLabel = "N",
      description =
          "End the run once N evaluations in a row were no better than the best. Default: never.")
  Integer patience;

  @Option(
      names = "--freeze",
      paramLabel = "REGEX",
      description =
          "Do not train the parameters whose names it finds, as embeddings or 'layer\\.[0-3]\\.'; may"
              + " be given several times.")
  List<String> freeze = new ArrayList<>();

  @Option(
      names = "--graphs",
      description =
          "Record steps as CUDA graphs and replay them, with padded batches. Default: not.")
  boolean graphs;

  @Option(
      names = "--log-every",
      paramLabel = "N",
      description = "Record the mean loss of so many steps in train_log.jsonl. Default: 10.")
  Integer logEvery;

  @Option(
      names = "--checkpoint-every",
      paramLabel = "STEPS|TIME",
      converter = CheckpointEvery.Converter.class,
      description =
          "When to write what a killed run goes on from: a number of steps, or a time as 30s, 10m"
              + " or 1h. Default: about a minute.")
  CheckpointEvery checkpointEvery;

  @Option(names = "--seed", paramLabel = "N", description = "Of everything random. Default: 42.")
  long seed = 42;

  /**
   * What a job suggests.
   *
   * @param epochs null for what {@link Trainer} chooses
   * @param learningRate null for what {@link Trainer} chooses
   * @param headScale by which the learning rate of the pooler and the classifier is larger
   */
  record Suggestion(Integer epochs, Float learningRate, float headScale) {
    /** Trainer chooses by model and data. */
    static final Suggestion FILES = new Suggestion(null, null, 1);

    /** Found by trying, for one pass over 8,000 short texts. */
    static final Suggestion DEFINITIONS = new Suggestion(1, 2e-4f, 10);
  }

  /** Refuses what the device cannot do. */
  void checkDevice(CommandLine command, Device device) {
    if (graphs && !CapturedStep.isSupportedBy(device)) {
      throw new ParameterException(command, "--graphs: there are none on " + device);
    }
  }

  static void atLeast(CommandLine command, String option, Integer value, int least) {
    if (value != null && value < least) {
      throw new ParameterException(
          command, "%s %d: a whole number from %d".formatted(option, value, least));
    }
  }

  /**
   * What was given or suggested over the library's defaults.
   *
   * @throws ParameterException naming option, value and range
   */
  TrainingSettings settings(CommandLine command, Suggestion suggested) {
    Overlay over = new Overlay(command);
    over.set("--epochs", epochs, suggested.epochs(), TrainingSettings::epochs);
    over.set(
        "--learning-rate", learningRate, suggested.learningRate(), TrainingSettings::learningRate);
    over.set("--warmup", warmup, TrainingSettings::warmup);
    over.set("--weight-decay", weightDecay, TrainingSettings::weightDecay);
    over.set(
        "--gradient-accumulation", gradientAccumulation, TrainingSettings::gradientAccumulation);
    over.set("--layer-decay", layerDecay, TrainingSettings::layerDecay);
    over.set("--ema-decay", emaDecay, TrainingSettings::emaDecay);
    over.set("--log-every", logEvery, TrainingSettings::logEvery);
    over.set("--patience", patience, TrainingSettings::patience);
    if (batch != null) {
      over.set("--batch-size", batch.sentences, TrainingSettings::batchSize);
      over.set("--batch-tokens", batch.tokens, TrainingSettings::batchTokens);
    }
    over.set("--head-lr-scale", headScale, suggested.headScale(), TrainingOptions::scaleHead);
    for (String regex : freeze) {
      over.set("--freeze", regex, TrainingSettings::freeze);
    }
    return over.settings.keepBest(keepBest).graphs(graphs).seed(seed);
  }

  /** Sets what belongs to the task. */
  void apply(CommandLine command, ClassificationTask<?, ?, ?> task) {
    checked(
        command,
        () -> {
          if (maxLength != null) {
            task.maxLength(maxLength);
          }
          if (labelSmoothing != null) {
            task.labelSmoothing(labelSmoothing);
          }
          if (classWeights != null && task instanceof SequenceClassification texts) {
            texts.classWeights(classWeights);
          }
        });
  }

  /** Names the option where a setting is refused. */
  private static void checked(CommandLine command, Runnable settings) {
    try {
      settings.run();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command, Wording.options(e.getMessage()), e);
    }
  }

  private static TrainingSettings scaleHead(TrainingSettings settings, float scale) {
    return scale == 1
        ? settings
        : settings.learningRateScale("^classifier\\.|\\.pooler\\.|^pre_classifier\\.", scale);
  }

  /** Settings with values of options over them, whose errors name the option. */
  private static final class Overlay {
    private final CommandLine command;
    private TrainingSettings settings = TrainingSettings.defaults();

    Overlay(CommandLine command) {
      this.command = command;
    }

    <T> void set(
        String option, T given, T suggested, BiFunction<TrainingSettings, T, TrainingSettings> to) {
      set(option, given == null ? suggested : given, to);
    }

    /** Null leaves it as it is. */
    <T> void set(
        String option, T value, BiFunction<TrainingSettings, T, TrainingSettings> setting) {
      if (value == null) {
        return;
      }
      try {
        settings = setting.apply(settings, value);
      } catch (IllegalArgumentException e) {
        String range = e.getMessage().lines().findFirst().orElse("").replaceFirst("^.*?: ", "");
        throw new ParameterException(command, "%s %s: %s".formatted(option, value, range), e);
      }
    }
  }

  /**
   * Where a run keeps its checkpoints, and how often.
   *
   * @param run the folder
   */
  void checkpoints(Trainer trainer, Path run) {
    if (checkpointEvery == null) {
      trainer.checkpoints(run);
    } else {
      checkpointEvery.apply(trainer, run);
    }
  }
}
