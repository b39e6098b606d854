package io.github.jaubert.train;

import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.optim.Decay;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.train.TrainingSettings.RateScale;
import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.TextDataset;
import io.github.jaubert.train.metrics.Metric;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.regex.Pattern;

/**
 * Fine-tunes a classifier: AdamW with decoupled weight decay, gradients clipped by their global
 * norm, a learning rate that rises and then falls, as in "BERT: Pre-training of Deep Bidirectional
 * Transformers" (Devlin et al. 2019), appendix A.3.
 *
 * <pre>{@code
 * Trainer.of(model, tokenizer)
 *     .train(TextDataset.tsv(train).text("sentence").label("label"))
 *     .evaluate(TextDataset.tsv(dev).text("sentence").label("label"), new Accuracy())
 *     .seed(42)               // epochs and learning rate: as suits model and data
 *     .checkpoints(runDir)    // resume = run the same program again
 *     .run();
 * }</pre>
 *
 * <p>Mutable, for one thread. The same settings, data and initial weights give the same bits in
 * every weight, for any number of threads and whether or not the run was interrupted. {@link #run}
 * reseeds the thread's {@link io.github.jaubert.tensor.Rng#global}. It neither owns nor closes the
 * model and the tokenizer.
 *
 * <p>An interrupt of its thread, such as {@code Future.cancel(true)}, stops the run between two
 * steps, in an evaluation between two batches, or while texts are tokenised.
 */
public final class Trainer {
  private final SequenceClassifier model;
  private final Tokenizer tokenizer;
  private final List<TrainingListener> listeners = new ArrayList<>();
  private TextDataset train;
  private TextDataset evaluation;
  private List<Metric> metrics = List.of();
  private int epochs; // 0 for what makes enough steps
  private float learningRate = Float.NaN; // what suits the model
  private Decay.Curve curve = Decay.Curve.LINEAR;
  private float warmup = 0.1f;
  private final List<RateScale> rateScales = new ArrayList<>();
  private float layerDecay = 1;
  private float weightDecay = 0.01f;
  private float maxNorm = 1;
  private int batchSize = 32;
  private int batchTokens;
  private int gradientAccumulation = 1;
  private int maxLength = 128;
  private long seed = 42;
  private int logEvery = 10;
  private int evaluateEvery;
  private float emaDecay;
  private boolean keepBest;
  private boolean graphs;
  private DType precision; // null for what the model computes in
  private Path runFolder;
  private Cadence cadence = Cadence.USUAL;
  private boolean replaceOther;

  private Trainer(SequenceClassifier model, Tokenizer tokenizer) {
    this.model = model;
    this.tokenizer = tokenizer;
  }

  /** A trainer of all parameters that are not frozen. */
  public static Trainer of(SequenceClassifier model, Tokenizer tokenizer) {
    return new Trainer(
        Objects.requireNonNull(model, "model"), Objects.requireNonNull(tokenizer, "tokenizer"));
  }

  /** The data to learn from. */
  public Trainer train(TextDataset data) {
    train = Objects.requireNonNull(data, "data");
    return this;
  }

  /**
   * The data to be judged by at the end of each epoch; the first metric decides which evaluation is
   * the best.
   */
  public Trainer evaluate(TextDataset data, Metric... metrics) {
    evaluation = Objects.requireNonNull(data, "data");
    this.metrics = List.of(metrics);
    return this;
  }

  /**
   * How often to go through the training data; unless said otherwise 3 times, or more if that makes
   * fewer than 200 steps. Of more than ten such epochs, every second, third … is evaluated, and the
   * last.
   */
  public Trainer epochs(int epochs) {
    require(epochs > 0, "epochs", epochs);
    this.epochs = epochs;
    return this;
  }

  /**
   * The largest learning rate; unless said otherwise 1e-4 for a model with a hidden size of up to
   * 384, 5e-5 below 768, 3e-5 below 1,024, and 2e-5 for a larger one.
   */
  public Trainer learningRate(float rate) {
    require(rate >= 0 && rate < Float.POSITIVE_INFINITY, "learningRate", rate);
    learningRate = rate;
    return this;
  }

  /** How the learning rate goes down after the warmup; in a straight line unless said otherwise. */
  public Trainer schedule(Decay.Curve curve) {
    this.curve = curve;
    return this;
  }

  /** The share of all steps over which the learning rate rises; 0.1 unless said otherwise. */
  public Trainer warmup(float share) {
    require(share >= 0 && share <= 1, "warmup", share);
    warmup = share;
    return this;
  }

  /**
   * Another learning rate for some parameters, such as a new head on a model that was trained
   * before: {@code scale} times the others'. Where several patterns fit, the first counts.
   *
   * @param regex found anywhere in the full name, such as {@code ^classifier|pooler}
   */
  public Trainer learningRateScale(String regex, float scale) {
    require(scale >= 0 && scale < Float.POSITIVE_INFINITY, "learningRateScale", scale);
    rateScales.add(new RateScale(Pattern.compile(regex).pattern(), scale));
    return this;
  }

  /**
   * Slower learning further down (Clark et al. 2020, "ELECTRA", section 3.1): each layer has {@code
   * factor} times the learning rate of the one above it, and the embeddings that of the lowest
   * layer times {@code factor}. 1 unless said otherwise. What {@link #learningRateScale} names goes
   * by that alone.
   */
  public Trainer layerDecay(float factor) {
    require(factor > 0 && factor <= 1, "layerDecay", factor);
    layerDecay = factor;
    return this;
  }

  /** The weight decay of all weights but biases and LayerNorm; 0.01 unless said otherwise. */
  public Trainer weightDecay(float decay) {
    require(decay >= 0 && decay < Float.POSITIVE_INFINITY, "weightDecay", decay);
    weightDecay = decay;
    return this;
  }

  /** The global norm that gradients are clipped to, 0 for none; 1 unless said otherwise. */
  public Trainer maxNorm(float norm) {
    require(norm >= 0 && norm < Float.POSITIVE_INFINITY, "maxNorm", norm);
    maxNorm = norm;
    return this;
  }

  /** Batches of this many sentences; 32 unless said otherwise. */
  public Trainer batchSize(int sentences) {
    require(sentences > 0, "batchSize", sentences);
    batchSize = sentences;
    batchTokens = 0;
    return this;
  }

  /** Batches of about this many tokens, instead of a number of sentences. */
  public Trainer batchTokens(int tokens) {
    require(tokens > 0, "batchTokens", tokens);
    batchTokens = tokens;
    batchSize = 0;
    return this;
  }

  /**
   * How many batches make a step; their gradients are those of one large batch. 1 unless said
   * otherwise.
   */
  public Trainer gradientAccumulation(int batches) {
    require(batches > 0, "gradientAccumulation", batches);
    gradientAccumulation = batches;
    return this;
  }

  /**
   * The number of tokens that a text, or a pair of them, is cut to; 128 unless said otherwise. More
   * than the model has positions for counts as that number. {@code model.save(folder)} writes it
   * with the tokenizer, so that pipelines cut texts alike.
   */
  public Trainer maxLength(int tokens) {
    require(tokens > 2, "maxLength", tokens);
    maxLength = tokens;
    return this;
  }

  /** The seed of the order of the examples and of dropout; 42 unless said otherwise. */
  public Trainer seed(long seed) {
    this.seed = seed;
    return this;
  }

  /** How many steps go by between two readings of the loss; 10 unless said otherwise. */
  public Trainer logEvery(int steps) {
    require(steps > 0, "logEvery", steps);
    logEvery = steps;
    return this;
  }

  /**
   * How many steps go by between two evaluations, 0 for the end of each epoch only, as it is unless
   * said otherwise.
   */
  public Trainer evaluateEvery(int steps) {
    require(steps >= 0, "evaluateEvery", steps);
    evaluateEvery = steps;
    return this;
  }

  /**
   * The model is judged by, and ends up with, an average of its weights over about the last 1 / (1
   * − {@code decay}) steps ({@link io.github.jaubert.optim.ExponentialMovingAverage}, taken every
   * ten steps), as 0.997. 0 for none, as it is unless said otherwise.
   */
  public Trainer emaDecay(float decay) {
    require(decay >= 0 && decay < 1, "emaDecay", decay);
    emaDecay = decay;
    return this;
  }

  /**
   * Whether the model ends up with the weights of its best evaluation rather than the last; not
   * unless said so.
   */
  public Trainer keepBest(boolean on) {
    keepBest = on;
    return this;
  }

  /**
   * Whether steps are recorded and replayed on a GPU that has graphs ({@link
   * io.github.jaubert.autograd.CapturedStep}), which spares it the wait for the program between
   * kernels; not unless said so. Batches are then padded, by less than an eighth from 1,024 tokens
   * on, so that losses differ from those without graphs by rounding. It pays if many batches have
   * the same number of sentences, so with {@link #batchSize}; it keeps up to 16 graphs, and takes
   * once more what a step needs of the GPU's memory.
   */
  public Trainer graphs(boolean on) {
    graphs = on;
    return this;
  }

  /**
   * What the model computes in from {@link #run} on. With {@link DType#BF16}, on a GPU,
   * activations, which then take half the room, and matrix products are BF16, for which a GPU has
   * faster units; weights, gradients, AdamW's moments, statistics and the loss stay F32, and
   * nothing needs to be scaled. Unless said otherwise it is what {@link
   * SequenceClassifier#computeType} says, which is F32.
   */
  public Trainer precision(DType type) {
    require(type == DType.F32 || type == DType.BF16, "precision", type);
    precision = type;
    return this;
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

  /** The same with a number of steps between checkpoints. */
  public Trainer checkpoints(Path folder, int everySteps) {
    require(everySteps > 0, "checkpoints: everySteps", everySteps);
    return checkpoints(folder, Cadence.every(everySteps));
  }

  /** The same with another time between checkpoints. */
  public Trainer checkpoints(Path folder, Duration every) {
    require(!every.isNegative(), "checkpoints: every", every);
    return checkpoints(folder, Cadence.every(every));
  }

  private Trainer checkpoints(Path folder, Cadence cadence) {
    runFolder = Objects.requireNonNull(folder, "folder");
    this.cadence = cadence;
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

  /**
   * Shows how far the run is: a bar on a terminal, otherwise a line now and then, on standard
   * error.
   */
  public Trainer progress(boolean on) {
    listeners.removeIf(listener -> listener instanceof Progress);
    if (on) {
      listeners.add(new Progress());
    }
    return this;
  }

  /**
   * Adds a listener. Without any, and without {@link #progress}, slf4j is told how the run goes.
   */
  public Trainer listener(TrainingListener listener) {
    listeners.add(listener);
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
   * @throws IllegalArgumentException if a metric is about a label that the model does not have
   * @throws io.github.jaubert.bert.checkpoint.CheckpointException if the run folder belongs to
   *     another run, another run is at work in it, or it cannot be written
   * @throws IllegalStateException if there is no training data, if the precision is not what the
   *     model's device computes in, or if the loss stops being a number
   * @throws UnsupportedOperationException if graphs are asked for on a device that has none
   * @throws TrainingInterruptedException if the thread was interrupted, also before the call
   */
  public TrainingResult run() {
    if (train == null) {
      throw new IllegalStateException("nothing to learn from: choose the data with train(…)");
    }
    if (keepBest && evaluation == null) {
      throw new IllegalStateException(
          "keepBest needs data to be judged by: choose it with evaluate(…)");
    }
    if (graphs) {
      StepGraphs.check(model);
    }
    requirePrecision();
    try {
      return runChecked();
    } finally {
      listeners.forEach(Trainer::close);
    }
  }

  private static void close(TrainingListener listener) {
    if (listener instanceof Progress progress) {
      progress.close();
    }
  }

  private TrainingResult runChecked() {
    TrainingData data;
    try (Tokenizer cutting = tokenizer.withMaxLength(maxLength())) {
      data = TrainingData.of(model, cutting, train, evaluation, metrics, listeners);
      model.trainedOnPairs(DataChecks.arePairs(train));
      model.saveWith(cutting); // who uses the model is to cut texts as they were cut in training
    } catch (CancellationException e) {
      throw TrainingInterruptedException.beforeFirstStep();
    }
    TrainingSettings settings = settings(data);
    try (FolderLock lock = runFolder == null ? null : FolderLock.take(runFolder)) {
      RunFolder folder =
          lock == null
              ? null
              : new RunFolder(
                  runFolder, RunIdentity.of(settings, model, data), cadence, replaceOther);
      model.computeType(precision());
      try (TrainingRun run = new TrainingRun(settings, model, data, folder, toldTo())) {
        return run.run();
      }
    }
  }

  /** Somebody is always told, if only a log. */
  private List<TrainingListener> toldTo() {
    return listeners.isEmpty() ? List.of(new TrainingLog()) : listeners;
  }

  private DType precision() {
    return precision == null ? model.computeType() : precision;
  }

  private void requirePrecision() {
    Device device = model.parameters().get(0).tensor().device();
    if (!device.computes(precision())) {
      throw new IllegalStateException(
          "precision %s: the model is on %s, which computes in F32 alone; a GPU computes in %s"
              .formatted(precision(), device, precision()));
    }
  }

  private int maxLength() {
    return Math.min(maxLength, model.config().maxPositionEmbeddings());
  }

  /** What was chosen, and for the rest what suits model and data. */
  private TrainingSettings settings(TrainingData data) {
    if (epochs > 0) {
      return settings(epochs, 1);
    }
    TrainingPlan epoch = new TrainingPlan(settings(1, 1), data.examples().lengths());
    int passes = TrainingDefaults.epochs(epoch.steps());
    return settings(passes, TrainingDefaults.epochsAnEvaluation(passes));
  }

  private TrainingSettings settings(int epochs, int evaluateEpochs) {
    return new TrainingSettings(
        epochs,
        Float.isNaN(learningRate) ? TrainingDefaults.learningRate(model.config()) : learningRate,
        curve,
        warmup,
        List.copyOf(rateScales),
        layerDecay,
        weightDecay,
        maxNorm,
        batchSize,
        batchTokens,
        gradientAccumulation,
        maxLength(),
        seed,
        logEvery,
        evaluateEvery,
        evaluateEpochs,
        emaDecay,
        keepBest,
        graphs,
        precision());
  }

  private static void require(boolean holds, String name, Object value) {
    if (!holds) {
      throw new IllegalArgumentException("trainer: " + name + " = " + value + " makes no sense");
    }
  }
}
