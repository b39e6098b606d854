package io.github.jaubert.cli;

import io.github.jaubert.autograd.CapturedStep;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.train.Trainer;
import java.nio.file.Path;
import java.util.function.Consumer;
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

  /**
   * Refuses values out of range before anything is read.
   *
   * @throws ParameterException naming option, value and range
   */
  void check(CommandLine command) {
    atLeast(command, "--epochs", epochs, 1);
    atLeast(command, "--gradient-accumulation", gradientAccumulation, 1);
    atLeast(command, "--max-length", maxLength, 3); // [CLS], a token, [SEP]
    atLeast(command, "--log-every", logEvery, 1);
    if (batch != null) {
      atLeast(command, "--batch-size", batch.sentences, 1);
      atLeast(command, "--batch-tokens", batch.tokens, 1);
    }
    between(command, "--learning-rate", learningRate, Float.MAX_VALUE);
    between(command, "--head-lr-scale", headScale, Float.MAX_VALUE);
    refuse(
        command,
        "--layer-decay",
        layerDecay,
        layerDecay == null || layerDecay > 0 && layerDecay <= 1,
        "above 0, up to 1");
    between(command, "--warmup", warmup, 1);
    refuse(
        command,
        "--ema-decay",
        emaDecay,
        emaDecay == null || emaDecay >= 0 && emaDecay < 1,
        "from 0, less than 1");
    between(command, "--weight-decay", weightDecay, Float.MAX_VALUE);
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

  /** From 0 to {@code most}; NaN is in no range. */
  private static void between(CommandLine command, String option, Float value, float most) {
    refuse(
        command,
        option,
        value,
        value == null || value >= 0 && value <= most,
        most == 1 ? "from 0 to 1" : "from 0, finite");
  }

  private static void refuse(
      CommandLine command, String option, Float value, boolean fits, String range) {
    if (!fits) {
      throw new ParameterException(command, "%s %s: a number %s".formatted(option, value, range));
    }
  }

  /**
   * Sets what was given or suggested; the rest is as {@link Trainer} has it.
   *
   * @param run the folder of the checkpoints
   */
  void apply(Trainer trainer, Suggestion suggested, Path run) {
    ifGiven(epochs == null ? suggested.epochs() : epochs, trainer::epochs);
    ifGiven(learningRate == null ? suggested.learningRate() : learningRate, trainer::learningRate);
    ifGiven(warmup, trainer::warmup);
    ifGiven(weightDecay, trainer::weightDecay);
    ifGiven(gradientAccumulation, trainer::gradientAccumulation);
    ifGiven(maxLength, trainer::maxLength);
    ifGiven(layerDecay, trainer::layerDecay);
    ifGiven(emaDecay, trainer::emaDecay);
    ifGiven(logEvery, trainer::logEvery);
    if (batch != null) {
      ifGiven(batch.sentences, trainer::batchSize);
      ifGiven(batch.tokens, trainer::batchTokens);
    }
    float scale = headScale == null ? suggested.headScale() : headScale;
    if (scale != 1) {
      trainer.learningRateScale("^classifier\\.|\\.pooler\\.", scale);
    }
    if (checkpointEvery == null) {
      trainer.checkpoints(run);
    } else {
      checkpointEvery.apply(trainer, run);
    }
    trainer.keepBest(keepBest).graphs(graphs).seed(seed);
  }

  private static <T> void ifGiven(T value, Consumer<T> setter) {
    if (value != null) {
      setter.accept(value);
    }
  }
}
