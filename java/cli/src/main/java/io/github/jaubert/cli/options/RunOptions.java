package io.github.jaubert.cli.options;

import io.github.jaubert.autograd.CapturedStep;
import io.github.jaubert.optim.Decay;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.train.OptimizerType;
import io.github.jaubert.train.TensorBoardLog;
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

/** The options of a run of training, whatever is trained. */
public class RunOptions {
  @ArgGroup Length length;

  /** One or the other. */
  static final class Length {
    @Option(
        names = "--epochs",
        paramLabel = "N",
        description =
            "Passes over the training data. Default: 3, or more if that makes fewer than 200"
                + " steps.")
    Integer epochs;

    @Option(
        names = "--tokens",
        paramLabel = "N",
        converter = Count.class,
        description = "Tokens to learn from, as 200M, instead of epochs.")
    Long tokens;
  }

  @Option(
      names = {"--learning-rate", "--lr"},
      paramLabel = "RATE",
      description =
          "The largest learning rate. Default: by the hidden size, 1e-4 up to 384, 5e-5 below 768,"
              + " 3e-5 below 1024, then 2e-5.")
  Float learningRate;

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

  @Option(
      names = "--schedule",
      paramLabel = "CURVE",
      description = "How the learning rate goes down: ${COMPLETION-CANDIDATES}. Default: linear.")
  Decay.Curve schedule;

  @Option(
      names = "--optimizer",
      paramLabel = "NAME",
      description = "${COMPLETION-CANDIDATES}. Default: adamw.")
  OptimizerType optimizer;

  @Option(
      names = "--beta2",
      paramLabel = "DECAY",
      description = "The decay of the mean of the gradients' squares. Default: 0.999.")
  Float beta2;

  @Option(names = "--weight-decay", paramLabel = "DECAY", description = "Default: 0.01.")
  Float weightDecay;

  @Option(
      names = "--max-grad-norm",
      paramLabel = "NORM",
      description = "Gradients are scaled down to this norm, all together. Default: 1; 0: not.")
  Float maxGradNorm;

  @Option(names = "--batch-size", paramLabel = "N", description = "Sentences a batch. Default: 32.")
  Integer batchSize;

  @Option(
      names = "--batch-tokens",
      paramLabel = "N|auto",
      converter = BatchTokens.Converter.class,
      description =
          "Tokens a batch, about, instead of sentences. With auto, steps are those of --batch-size and"
              + " --gradient-accumulation, computed in parts as large as memory allows.")
  BatchTokens batchTokens;

  @Option(
      names = "--gradient-accumulation",
      paramLabel = "N",
      description = "Batches a step. Default: 1.")
  Integer gradientAccumulation;

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
  public boolean keepBest;

  @Option(
      names = "--patience",
      paramLabel = "N",
      description =
          "End the run once N evaluations in a row were no better than the best. Default: never.")
  public Integer patience;

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
          "Record steps as CUDA graphs and replay them, with padded batches; not of MPNet and DeBERTa. Default:"
              + " not.")
  boolean graphs;

  @Option(
      names = "--gradient-checkpointing",
      description =
          "Compute each layer twice, in the memory of one: about a third slower, with the same"
              + " result. Default: not.")
  boolean gradientCheckpointing;

  @Option(
      names = "--evaluate-every",
      paramLabel = "STEPS",
      description = "Judge the model every so many steps, too. Default: at the end of epochs.")
  Integer evaluateEvery;

  @Option(
      names = "--log-every",
      paramLabel = "N",
      description = "Record the mean loss of so many steps in train_log.jsonl. Default: 10.")
  Integer logEvery;

  @Option(
      names = "--tensorboard",
      description =
          "Also write what is recorded for TensorBoard, to the folder tensorboard of the result;"
              + " tensorboard --logdir runs shows all of them. Default: not.")
  boolean tensorBoard;

  @Option(
      names = "--checkpoint-every",
      paramLabel = "STEPS|TIME",
      converter = CheckpointEvery.Converter.class,
      description =
          "When to write what a killed run goes on from: a number of steps, or a time as 30s, 10m"
              + " or 1h. Default: about a minute.")
  CheckpointEvery checkpointEvery;

  @Option(
      names = "--keep-checkpoints",
      paramLabel = "N",
      description =
          "Keep the last N checkpoints while the run goes on, those before the newest with their step"
              + " in their name. Default: 1.")
  Integer keepCheckpoints;

  @Option(names = "--seed", paramLabel = "N", description = "Of everything random. Default: 42.")
  public long seed = 42;

  /** Refuses what the device cannot do. */
  public void checkDevice(CommandLine command, Device device) {
    if (graphs && !CapturedStep.isSupportedBy(device)) {
      throw new ParameterException(command, "--graphs: there are none on " + device);
    }
  }

  public static void atLeast(CommandLine command, String option, Integer value, int least) {
    if (value != null && value < least) {
      throw new ParameterException(
          command, "%s %d: a whole number from %d".formatted(option, value, least));
    }
  }

  /**
   * What was given over what a command suggests.
   *
   * @throws ParameterException naming option, value and range
   */
  public Overlay over(CommandLine command, TrainingSettings suggested) {
    atLeast(command, "--keep-checkpoints", keepCheckpoints, 1);
    Overlay over = new Overlay(command, suggested);
    if (length != null) {
      over.set("--epochs", length.epochs, TrainingSettings::epochs);
      over.set("--tokens", length.tokens, TrainingSettings::tokens);
    }
    over.set("--learning-rate", learningRate, TrainingSettings::learningRate);
    over.set("--schedule", schedule, TrainingSettings::schedule);
    over.set("--warmup", warmup, TrainingSettings::warmup);
    over.set("--optimizer", optimizer, TrainingSettings::optimizer);
    over.set("--beta2", beta2, TrainingSettings::beta2);
    over.set("--weight-decay", weightDecay, TrainingSettings::weightDecay);
    over.set("--max-grad-norm", maxGradNorm, TrainingSettings::maxNorm);
    over.set(
        "--gradient-accumulation", gradientAccumulation, TrainingSettings::gradientAccumulation);
    over.set("--layer-decay", layerDecay, TrainingSettings::layerDecay);
    over.set("--ema-decay", emaDecay, TrainingSettings::emaDecay);
    over.set("--log-every", logEvery, TrainingSettings::logEvery);
    over.set("--evaluate-every", evaluateEvery, TrainingSettings::evaluateEvery);
    over.set("--patience", patience, TrainingSettings::patience);
    over.set("--batch-size", batchSize, TrainingSettings::batchSize);
    if (batchTokens != null) {
      if (batchSize != null && !batchTokens.isAuto()) {
        throw new ParameterException(
            command, "--batch-size=N, --batch-tokens=N are mutually exclusive (specify only one)");
      }
      over.set("--batch-tokens", batchTokens, (settings, tokens) -> tokens.apply(settings));
    }
    for (String regex : freeze) {
      over.set("--freeze", regex, TrainingSettings::freeze);
    }
    over.settings =
        over.settings
            .keepBest(keepBest)
            .graphs(graphs)
            .gradientCheckpointing(gradientCheckpointing)
            .seed(seed);
    return over;
  }

  /** Settings with values of options over them, whose errors name the option. */
  public static final class Overlay {
    private final CommandLine command;
    private TrainingSettings settings;

    Overlay(CommandLine command, TrainingSettings suggested) {
      this.command = command;
      this.settings = suggested;
    }

    public TrainingSettings settings() {
      return settings;
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
   * Where a run keeps its checkpoints, how many, and how often, and what it is watched by.
   *
   * @param run the folder
   */
  public void keep(Trainer trainer, Path run) {
    if (tensorBoard) {
      trainer.listener(new TensorBoardLog(run.resolve(OutputFolder.TENSORBOARD)));
    }
    trainer.keepCheckpoints(keepCheckpoints == null ? 1 : keepCheckpoints);
    if (checkpointEvery == null) {
      trainer.checkpoints(run);
    } else {
      checkpointEvery.apply(trainer, run);
    }
  }
}
