package io.github.jaubert.train;

import io.github.jaubert.bert.Encoder;
import io.github.jaubert.bert.LoraModel;
import io.github.jaubert.bert.checkpoint.FolderLock;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.train.data.DataException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Trains the model of a {@link Task}: AdamW with decoupled weight decay, gradients clipped by their
 * global norm, a learning rate that rises and then falls, as in "BERT: Pre-training of Deep
 * Bidirectional Transformers" (Devlin et al. 2019), appendix A.3.
 *
 * <pre>{@code
 * Trainer.of(
 *         SequenceClassification.of(model, tokenizer)
 *             .train(TextDataset.tsv(train).text("sentence").label("label"))
 *             .evaluate(TextDataset.tsv(dev).text("sentence").label("label"), new Accuracy()))
 *     .with(settings -> settings.epochs(3).learningRate(2e-5f).seed(42))
 *     .checkpoints(runDir)    // resume = run the same program again
 *     .run();
 * }</pre>
 *
 * <p>Mutable, for one thread. The same settings, data and initial weights give the same bits in
 * every weight, for any number of threads and whether or not the run was interrupted. {@link #run}
 * reseeds the thread's {@link io.github.jaubert.tensor.Rng#global}. It neither owns nor closes the
 * model.
 *
 * <p>An interrupt of its thread, such as {@code Future.cancel(true)}, stops the run between two
 * steps, in an evaluation between two batches, or while texts are tokenised.
 */
public final class Trainer {
  private static final Logger LOG = LoggerFactory.getLogger(Trainer.class);

  private final Task task;
  private final List<TrainingListener> listeners = new ArrayList<>();
  private TrainingSettings settings = TrainingSettings.defaults();
  private Path runFolder;
  private Cadence cadence = Cadence.USUAL;
  private int keep = 1;
  private boolean replaceOther;

  private Trainer(Task task) {
    this.task = task;
  }

  /** A trainer of all parameters of the task's model that are not frozen. */
  public static Trainer of(Task task) {
    return new Trainer(Objects.requireNonNull(task, "task"));
  }

  /** All settings; {@link TrainingSettings#defaults} unless said otherwise. */
  public Trainer settings(TrainingSettings settings) {
    this.settings = Objects.requireNonNull(settings, "settings");
    return this;
  }

  /** Changes some settings, as {@code with(settings -> settings.epochs(3).seed(42))}. */
  public Trainer with(UnaryOperator<TrainingSettings> change) {
    return settings(change.apply(settings));
  }

  /**
   * Keeps a checkpoint in this folder, about every minute and at the end, and the history as {@code
   * train_log.jsonl}. A process that is killed so loses a minute, or as much more as keeps the
   * writing of checkpoints to a twentieth of the time. If the folder holds the checkpoint of a run
   * with the same initial weights, settings, metrics and data, {@link #run} goes on from there. It
   * has the folder for itself, see {@link FolderLock}.
   */
  public Trainer checkpoints(Path folder) {
    return checkpoints(folder, Cadence.USUAL);
  }

  /** The same with a number of steps between checkpoints, from 1. */
  public Trainer checkpoints(Path folder, int everySteps) {
    if (everySteps < 1) {
      throw new IllegalArgumentException("checkpoints: every " + everySteps + " steps; from 1");
    }
    return checkpoints(folder, Cadence.every(everySteps));
  }

  /** The same with another time between checkpoints. */
  public Trainer checkpoints(Path folder, Duration every) {
    if (every.isNegative()) {
      throw new IllegalArgumentException("checkpoints: every " + every + "; from 0");
    }
    return checkpoints(folder, Cadence.every(every));
  }

  private Trainer checkpoints(Path folder, Cadence cadence) {
    runFolder = Objects.requireNonNull(folder, "folder");
    this.cadence = cadence;
    return this;
  }

  /**
   * How many checkpoints are kept, from 1, as it is unless said otherwise. The newest is {@code
   * checkpoint.safetensors}; those before it have their step in their name, as {@code
   * checkpoint-120.safetensors}. A run goes on from the newest, or from what is put in its place.
   * Those of a folder whose newest is missing are deleted when a run begins in it.
   */
  public Trainer keepCheckpoints(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("keepCheckpoints " + count + ": a whole number from 1");
    }
    keep = count;
    return this;
  }

  /**
   * Whether a checkpoint in the folder that belongs to another run, or cannot be read, is replaced
   * and not refused; not unless said so.
   */
  public Trainer replaceOther(boolean on) {
    replaceOther = on;
    return this;
  }

  /** Adds a listener. Without any, slf4j is told how the run goes. */
  public Trainer listener(TrainingListener listener) {
    listeners.add(Objects.requireNonNull(listener, "listener"));
    return this;
  }

  /**
   * Trains. With a run folder that holds a finished run of the same settings, loads what came of
   * it.
   *
   * <p>If the thread is interrupted before all steps are taken and evaluated, the run writes a
   * checkpoint, if it has a folder, and stops; the model then has the weights of the last step. The
   * flag remains set: clear it with {@link Thread#interrupted} to go on in the same thread. An
   * interrupt that finds nothing left to do changes nothing.
   *
   * @throws DataException if anything is wrong with the data; nothing is changed then
   * @throws IllegalArgumentException if a setting does not fit model or task
   * @throws io.github.jaubert.bert.checkpoint.CheckpointException if the run folder belongs to
   *     another run, another run is at work in it, or it cannot be written
   * @throws IllegalStateException if there is nothing to learn from or to be judged by, if the
   *     precision is not what the model's device computes in, or if the loss stops being a number
   * @throws UnsupportedOperationException if graphs are asked for on a device that has none, or of
   *     a model whose steps cannot be recorded ({@link Encoder#canBeCaptured})
   * @throws TrainingInterruptedException if the thread was interrupted, also before the call
   */
  public TrainingResult run() {
    requireDevice();
    TrainingListener told = listener();
    try {
      return run(told);
    } finally {
      told.ended();
    }
  }

  /**
   * Judges the model as it is by what the task is judged by, without a step; nothing to learn from
   * is needed.
   *
   * @return what was measured, by name
   * @throws DataException if anything is wrong with the data
   * @throws IllegalStateException if there is nothing to be judged by
   * @throws TrainingInterruptedException if the thread was interrupted
   */
  public Map<String, Double> evaluate() {
    TrainingListener told = listener();
    try {
      prepare(told);
      if (task.evaluation() == null) {
        throw new IllegalStateException(
            "nothing to be judged by: choose the data with evaluate(…)");
      }
      requireJudgeable(task.evaluation());
      encoders().forEach(encoder -> encoder.computeType(precision()));
      return new Evaluator(task, task.evaluation())
          .run()
          .orElseThrow(TrainingInterruptedException::beforeFirstStep);
    } finally {
      told.ended();
    }
  }

  /** Somebody is always told, if only a log. */
  private TrainingListener listener() {
    return new ListenerGroup(
        listeners.isEmpty() ? List.of(new TrainingLog()) : List.copyOf(listeners));
  }

  private void prepare(TrainingListener told) {
    try {
      task.prepare(told);
    } catch (CancellationException e) {
      throw TrainingInterruptedException.beforeFirstStep();
    }
  }

  private TrainingResult run(TrainingListener told) {
    prepare(told);
    requireExamples();
    Examples examples = task.examples();
    told.prepared(examples.lengths(0));
    TrainingSettings complete = complete(examples);
    freeze(complete.freeze());
    try (FolderLock lock = runFolder == null ? null : FolderLock.take(runFolder)) {
      for (Encoder encoder : encoders()) {
        encoder.computeType(complete.precision());
        encoder.gradientCheckpointing(complete.gradientCheckpointing());
      }
      complete = withMicroBatches(complete);
      RunFolder folder =
          lock == null
              ? null
              : new RunFolder(
                  runFolder,
                  RunIdentity.of(complete, task),
                  cadence,
                  keep,
                  replaceOther,
                  task.model().parameters().stream().filter(Parameter::frozen).toList());
      TrainingPlan plan = new TrainingPlan(complete, examples);
      plan.warnOfRepetition();
      try (TrainingRun run = new TrainingRun(complete, task, plan, folder, told)) {
        return run.run();
      }
    }
  }

  /** As the run in the folder has it, if it is this one, or as memory allows. */
  private TrainingSettings withMicroBatches(TrainingSettings settings) {
    if (settings.microBatchTokens() == 0) {
      return settings;
    }
    if (!task.canSplit()) {
      throw new IllegalArgumentException(
          "microBatchTokens: the examples of a batch are compared to each other, so that no part of"
              + " it can be computed by itself");
    }
    if (settings.graphs()) {
      throw new IllegalArgumentException(
          "microBatchTokens: parts of a step differ in size, and graphs want steps that are alike");
    }
    if (!settings.needsMicroBatches()) {
      return settings;
    }
    OptionalInt before = microBatchTokensOf(settings);
    if (before.isPresent()) {
      LOG.info(
          "microBatchTokensByMemory: {} tokens at a time, as the run that goes on has it",
          before.getAsInt());
    }
    return settings.microBatchTokens(
        before.orElseGet(() -> new MicroBatches(task, settings).choose()));
  }

  /** What the run in the folder chose; nothing if it is another one that is to be replaced. */
  private OptionalInt microBatchTokensOf(TrainingSettings settings) {
    RunIdentity there = runFolder == null ? null : RunFolder.identityIn(runFolder);
    OptionalInt chosen = there == null ? OptionalInt.empty() : there.microBatchTokens();
    boolean same =
        chosen.isPresent()
            && (!replaceOther
                || RunIdentity.of(settings.microBatchTokens(chosen.getAsInt()), task)
                    .isSameButForWeights(there));
    return same ? chosen : OptionalInt.empty();
  }

  /** All or, if a pattern finds nothing or nothing were left, none. */
  private void freeze(List<String> regexes) {
    List<Parameter> all = task.model().parameters();
    Set<String> left = new HashSet<>();
    all.stream().filter(p -> !p.frozen()).forEach(p -> left.add(p.name()));
    for (String regex : regexes) {
      Pattern pattern = Pattern.compile(regex);
      left.removeIf(name -> pattern.matcher(name).find());
      if (all.stream().noneMatch(p -> pattern.matcher(p.name()).find())) {
        try {
          task.model().freeze(regex); // which says what there is
        } catch (IllegalArgumentException e) {
          throw new IllegalArgumentException("freeze: " + e.getMessage(), e);
        }
      }
    }
    if (left.isEmpty()) {
      throw new IllegalArgumentException("freeze: no parameter is left to be trained");
    }
    regexes.forEach(task.model()::freeze);
  }

  private void requireExamples() {
    if (task.examples() == null) {
      throw new IllegalStateException("nothing to learn from: choose the data with train(…)");
    }
    if (task.examples().size() == 0) {
      throw new IllegalStateException("nothing to learn from: the task has no examples");
    }
    Evaluation evaluation = task.evaluation();
    if (evaluation != null) {
      requireJudgeable(evaluation);
    }
    if (evaluation == null && (settings.keepBest() || settings.patience() > 0)) {
      throw new IllegalStateException(
          (settings.keepBest() ? "keepBest" : "patience")
              + " needs data to be judged by, as evaluate(…) of a task chooses it");
    }
  }

  private static void requireJudgeable(Evaluation evaluation) {
    if (evaluation.examples().size() == 0) {
      throw new IllegalStateException("nothing to be judged by: the evaluation has no examples");
    }
    if (evaluation.metrics().isEmpty()) {
      throw new IllegalStateException("the evaluation has no metric that it could go by");
    }
  }

  private void requireDevice() {
    Device device = task.model().parameters().get(0).tensor().device();
    if (settings.graphs()) {
      encoders().forEach(Encoder::requireCapture);
      StepGraphs.check(device);
    }
  }

  private Collection<Encoder> encoders() {
    return Encoders.in(task.model()).values();
  }

  private DType precision() {
    return settings.precision() != null
        ? settings.precision()
        : encoders().stream().map(Encoder::computeType).findFirst().orElse(DType.F32);
  }

  /** What was chosen, and for the rest what suits model and data. */
  private TrainingSettings complete(Examples examples) {
    TrainingSettings all = settings.precision(precision());
    if (Float.isNaN(all.learningRate())) {
      Encoder encoder =
          encoders().stream()
              .findFirst()
              .orElseThrow(
                  () ->
                      new IllegalStateException(
                          "the model has no encoder that the learning rate could go by: choose"
                              + " one with learningRate(…)"));
      all =
          all.learningRate(
              TrainingDefaults.learningRate(
                  encoder.config().hiddenSize(), LoraModel.isAdapted(task.model())));
    }
    boolean chosen = all.epochs() > 0;
    if (all.tokens() > 0) {
      all = all.epochsFor(pass -> Arrays.stream(examples.lengths(pass)).asLongStream().sum());
    } else if (!chosen) {
      TrainingPlan once = new TrainingPlan(all.epochs(1), examples);
      all = all.epochs(TrainingDefaults.epochs(once.steps()));
    }
    if (all.evaluateEpochs() == 0) {
      all = all.evaluateEpochs(chosen ? 1 : TrainingDefaults.epochsAnEvaluation(all.epochs()));
    }
    return all;
  }
}
