package io.github.jaubert.train;

import io.github.jaubert.optim.Decay;
import io.github.jaubert.optim.Schedule;
import io.github.jaubert.tensor.DType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.IntToLongFunction;
import java.util.regex.Pattern;

/**
 * Everything that decides, besides model, task and data, what a run computes. Two runs with equal
 * settings give the same bits, and a run is only resumed with the settings it began with. Each
 * setting has its default, its range and its meaning here and nowhere else.
 *
 * <pre>{@code
 * TrainingSettings.defaults().epochs(3).learningRate(2e-5f).batchTokens(4096).seed(42)
 * }</pre>
 *
 * <p>Immutable: each method with an argument gives other settings, and throws {@link
 * IllegalArgumentException} if the value is out of its range.
 */
public final class TrainingSettings implements Cloneable {
  private static final TrainingSettings DEFAULTS = new TrainingSettings();

  // What each is called in logs, run.json and checkpoints is its name here, in_this_form.
  private int epochs; // 0 for what makes enough steps
  static final String MICRO_BATCH_TOKENS = "micro_batch_tokens";
  private static final int BY_MEMORY = -1;

  private long tokens; // 0: as the epochs say
  private float learningRate = Float.NaN; // what suits the model
  private Decay.Curve schedule = Decay.Curve.LINEAR;
  private float warmup = 0.1f;
  private Map<String, Float> learningRateScales = Map.of();
  private float layerDecay = 1;
  private OptimizerType optimizer = OptimizerType.ADAMW;
  private float beta2 = 0.999f;
  private float eps = Float.NaN; // what suits the optimizer
  private float weightDecay = 0.01f;
  private float maxNorm = 1;
  private int batchSize = 32;
  private int batchTokens;
  private int microBatchTokens; // 0: batches are computed whole; BY_MEMORY
  private int gradientAccumulation = 1;
  private long seed = 42;
  private int logEvery = 10;
  private int evaluateEvery;
  private int evaluateEpochs; // 0: not decided yet
  private boolean evaluateAtStart;
  private int patience;
  private float emaDecay;
  private boolean keepBest;
  private List<String> freeze = List.of();
  private boolean graphs;
  private boolean gradientCheckpointing;
  private DType precision; // null for what the model computes in

  private TrainingSettings() {}

  /** Each setting as it is unless said otherwise. */
  public static TrainingSettings defaults() {
    return DEFAULTS;
  }

  // ---- how long ----

  /**
   * How often to go through the training data; unless said otherwise 3 times, or more if that makes
   * fewer than 200 steps. Of more than ten such epochs, every second, third … is evaluated, and the
   * last. From 1.
   */
  public TrainingSettings epochs(int epochs) {
    atLeast(1, "epochs", epochs);
    return with(
        s -> {
          s.epochs = epochs;
          s.tokens = 0;
        });
  }

  /** 0: those that suit the data. */
  public int epochs() {
    return epochs;
  }

  /**
   * How many tokens to learn from, instead of a number of epochs: the run ends with the step that
   * has read so many, in the midst of an epoch or after several. From 1.
   */
  public TrainingSettings tokens(long tokens) {
    require(tokens >= 1, "tokens", tokens, "a whole number from 1");
    return with(
        s -> {
          s.tokens = tokens;
          s.epochs = 0;
        });
  }

  /**
   * The same with as many epochs as reading all tokens takes.
   *
   * @param tokensOf a pass
   */
  TrainingSettings epochsFor(IntToLongFunction tokensOf) {
    long first = tokensOf.applyAsLong(0);
    require(tokens / first < Integer.MAX_VALUE, "tokens", tokens, "of examples that have " + first);
    int needed = 1;
    for (long read = first; read < tokens; needed++) {
      read += tokensOf.applyAsLong(needed);
    }
    int epochs = needed;
    return with(s -> s.epochs = epochs);
  }

  /** Tokens to learn from, 0 if epochs say it. */
  public long tokens() {
    return tokens;
  }

  /**
   * Ends a run early, once so many evaluations in a row were no better than the best before them,
   * by the first metric; 0 for never, as it is unless said otherwise. It needs something to be
   * judged by. The schedule of the learning rate is that of all epochs.
   */
  public TrainingSettings patience(int evaluations) {
    atLeast(0, "patience", evaluations);
    return with(s -> s.patience = evaluations);
  }

  /** Evaluations without a better one before a run ends, 0 for any number. */
  public int patience() {
    return patience;
  }

  // ---- learning rate ----

  /**
   * The largest learning rate; unless said otherwise 1e-4 for a model with a hidden size of up to
   * 384, 5e-5 below 768, 3e-5 below 1,024, and 2e-5 for a larger one; where adapters are trained
   * ({@link io.github.jaubert.bert.LoraModel}) 2e-3, and ten times those of the larger ones. From
   * 0, finite.
   */
  public TrainingSettings learningRate(float rate) {
    finite("learningRate", rate);
    return with(s -> s.learningRate = rate);
  }

  /** NaN: what suits the model. */
  public float learningRate() {
    return learningRate;
  }

  /** How the learning rate goes down after the warmup; in a straight line unless said otherwise. */
  public TrainingSettings schedule(Decay.Curve curve) {
    Objects.requireNonNull(curve, "curve");
    return with(s -> s.schedule = curve);
  }

  /** How the learning rate goes down. */
  public Decay.Curve schedule() {
    return schedule;
  }

  /**
   * The share of all steps over which the learning rate rises, 0 to 1; 0.1 unless said otherwise.
   */
  public TrainingSettings warmup(float share) {
    require(share >= 0 && share <= 1, "warmup", share, "a number from 0 to 1");
    return with(s -> s.warmup = share);
  }

  /** The share of all steps over which the learning rate rises. */
  public float warmup() {
    return warmup;
  }

  /**
   * Another learning rate for some parameters, such as a new head on a model that was trained
   * before: {@code scale} times the others', from 0. Where several patterns fit, the first counts.
   *
   * @param regex found anywhere in the full name, such as {@code ^classifier|pooler}
   */
  public TrainingSettings learningRateScale(String regex, float scale) {
    finite("learningRateScale", scale);
    Map<String, Float> scales = new LinkedHashMap<>(learningRateScales);
    scales.put(Pattern.compile(regex).pattern(), scale);
    return with(s -> s.learningRateScales = scales);
  }

  /** The factor of the learning rate by regular expression. */
  public Map<String, Float> learningRateScales() {
    return new LinkedHashMap<>(learningRateScales);
  }

  /**
   * Slower learning further down (Clark et al. 2020, "ELECTRA", section 3.1): each layer has {@code
   * factor} times the learning rate of the one above it, and the embeddings that of the lowest
   * layer times {@code factor}. Above 0, up to 1; 1 unless said otherwise. What {@link
   * #learningRateScale} names goes by that alone.
   */
  public TrainingSettings layerDecay(float factor) {
    require(factor > 0 && factor <= 1, "layerDecay", factor, "a number above 0, up to 1");
    return with(s -> s.layerDecay = factor);
  }

  /** The learning rate of each layer as a part of that of the layer above. */
  public float layerDecay() {
    return layerDecay;
  }

  // ---- optimizer ----

  /** What changes the weights; {@link OptimizerType#ADAMW} unless said otherwise. */
  public TrainingSettings optimizer(OptimizerType type) {
    Objects.requireNonNull(type, "type");
    return with(s -> s.optimizer = type);
  }

  /** What changes the weights. */
  public OptimizerType optimizer() {
    return optimizer;
  }

  /**
   * The decay of the mean of the gradients' squares, from 0, less than 1; 0.999 unless said
   * otherwise. Large batches, or training from nothing, often want 0.98 (Liu et al. 2019,
   * "RoBERTa").
   */
  public TrainingSettings beta2(float decay) {
    require(decay >= 0 && decay < 1, "beta2", decay, "a number from 0, less than 1");
    return with(s -> s.beta2 = decay);
  }

  /** The decay of the mean of the gradients' squares. */
  public float beta2() {
    return beta2;
  }

  /**
   * What is added to the root of that mean, from 0; 1e-8 unless said otherwise, with LAMB 1e-6.
   * Where a weight's gradients are smaller than this it moves less than the learning rate.
   */
  public TrainingSettings eps(float eps) {
    finite("eps", eps);
    return with(s -> s.eps = eps);
  }

  /** What is added to the root of the mean of the gradients' squares. */
  public float eps() {
    return Float.isNaN(eps) ? optimizer.eps() : eps;
  }

  /**
   * The weight decay of all weights but biases and LayerNorm, from 0; 0.01 unless said otherwise.
   */
  public TrainingSettings weightDecay(float decay) {
    finite("weightDecay", decay);
    return with(s -> s.weightDecay = decay);
  }

  /** The weight decay of all weights but biases and LayerNorm. */
  public float weightDecay() {
    return weightDecay;
  }

  /** The global norm that gradients are clipped to, 0 for none; 1 unless said otherwise. */
  public TrainingSettings maxNorm(float norm) {
    finite("maxNorm", norm);
    return with(s -> s.maxNorm = norm);
  }

  /** The global norm that gradients are clipped to, 0 for none. */
  public float maxNorm() {
    return maxNorm;
  }

  /**
   * The model is judged by, and ends up with, an average of its weights over about the last 1 / (1
   * − {@code decay}) steps ({@link io.github.jaubert.optim.ExponentialMovingAverage}, taken every
   * ten steps), as 0.997. From 0, less than 1; 0 for none, as it is unless said otherwise.
   */
  public TrainingSettings emaDecay(float decay) {
    require(decay >= 0 && decay < 1, "emaDecay", decay, "a number from 0, less than 1");
    return with(s -> s.emaDecay = decay);
  }

  /** The decay of the average of the weights, 0 for none. */
  public float emaDecay() {
    return emaDecay;
  }

  /**
   * Leaves parameters as they are. They stay frozen when the run has ended, see {@link
   * io.github.jaubert.nn.Block#unfreeze}.
   *
   * @param regex found anywhere in the full name, such as {@code embeddings} or {@code
   *     encoder\.layer\.[0-3]\.}
   */
  public TrainingSettings freeze(String regex) {
    List<String> all = new ArrayList<>(freeze);
    all.add(Pattern.compile(regex).pattern());
    return with(s -> s.freeze = List.copyOf(all));
  }

  /** What is frozen, as regular expressions. */
  public List<String> freeze() {
    return freeze;
  }

  // ---- batches ----

  /** Batches of this many examples, from 1; 32 unless said otherwise. */
  public TrainingSettings batchSize(int examples) {
    atLeast(1, "batchSize", examples);
    return with(
        s -> {
          s.batchSize = examples;
          s.batchTokens = 0;
        });
  }

  /** Examples a batch, 0 if batches are counted in tokens. */
  public int batchSize() {
    return batchSize;
  }

  /** Batches of about this many tokens, from 1, instead of a number of examples. */
  public TrainingSettings batchTokens(int tokens) {
    atLeast(1, "batchTokens", tokens);
    return with(
        s -> {
          s.batchTokens = tokens;
          s.batchSize = 0;
        });
  }

  /** Tokens a batch, 0 if batches are counted in examples. */
  public int batchTokens() {
    return batchTokens;
  }

  /**
   * Computes a step in parts of at most so many tokens, from 1, or of one example that has more:
   * the examples of a step stay the same, and so do its gradients but for rounding, in less memory.
   * With {@link #gradientAccumulation} the batches of a step are cut together. Steps are computed
   * batch by batch unless said otherwise.
   */
  public TrainingSettings microBatchTokens(int tokens) {
    atLeast(1, "microBatchTokens", tokens);
    return with(s -> s.microBatchTokens = tokens);
  }

  /**
   * The same with as many tokens as the memory of the device takes: a trainer measures what parts
   * of two sizes need, says what it chose, and keeps it with the run, so that one that goes on
   * computes alike. What it chooses depends on how much memory others leave.
   */
  public TrainingSettings microBatchTokensByMemory() {
    return with(s -> s.microBatchTokens = BY_MEMORY);
  }

  /** Tokens of a part of a step, 0 if batches are computed whole; less if memory is to say. */
  public int microBatchTokens() {
    return microBatchTokens;
  }

  /** Whether the parts of a step are to be as large as memory allows, and none were chosen yet. */
  boolean needsMicroBatches() {
    return microBatchTokens == BY_MEMORY;
  }

  /**
   * How many batches make a step, from 1; their gradients are those of one large batch. 1 unless
   * said otherwise.
   */
  public TrainingSettings gradientAccumulation(int batches) {
    atLeast(1, "gradientAccumulation", batches);
    return with(s -> s.gradientAccumulation = batches);
  }

  /** Batches a step. */
  public int gradientAccumulation() {
    return gradientAccumulation;
  }

  /** The seed of the order of the examples and of dropout; 42 unless said otherwise. */
  public TrainingSettings seed(long seed) {
    return with(s -> s.seed = seed);
  }

  /** The seed of the order of the examples and of dropout. */
  public long seed() {
    return seed;
  }

  // ---- reading and judging ----

  /** How many steps go by between two readings of the loss, from 1; 10 unless said otherwise. */
  public TrainingSettings logEvery(int steps) {
    atLeast(1, "logEvery", steps);
    return with(s -> s.logEvery = steps);
  }

  /** Steps between two readings of the loss. */
  public int logEvery() {
    return logEvery;
  }

  /**
   * How many steps go by between two evaluations, 0 for the end of each epoch only, as it is unless
   * said otherwise.
   */
  public TrainingSettings evaluateEvery(int steps) {
    atLeast(0, "evaluateEvery", steps);
    return with(s -> s.evaluateEvery = steps);
  }

  /** Steps between two evaluations, 0 for the end of each epoch. */
  public int evaluateEvery() {
    return evaluateEvery;
  }

  /**
   * How many epochs go by between evaluations at the end of one, from 1; the last is always judged.
   * Unless said otherwise 1, or more where many epochs were chosen for few examples.
   */
  public TrainingSettings evaluateEpochs(int epochs) {
    atLeast(1, "evaluateEpochs", epochs);
    return with(s -> s.evaluateEpochs = epochs);
  }

  /** Epochs between evaluations, 0: what suits the number of epochs. */
  public int evaluateEpochs() {
    return evaluateEpochs;
  }

  /**
   * Whether the model is also evaluated before the first step, to be compared with; not unless said
   * so. That evaluation is never taken for the best.
   */
  public TrainingSettings evaluateAtStart(boolean on) {
    return with(s -> s.evaluateAtStart = on);
  }

  /** Whether the model is evaluated before the first step. */
  public boolean evaluateAtStart() {
    return evaluateAtStart;
  }

  /**
   * Whether the model ends up with the weights of its best evaluation rather than the last; not
   * unless said so.
   */
  public TrainingSettings keepBest(boolean on) {
    return with(s -> s.keepBest = on);
  }

  /** Whether the weights of the best evaluation are kept in the end. */
  public boolean keepBest() {
    return keepBest;
  }

  // ---- device ----

  /**
   * Whether steps are recorded and replayed on a GPU that has graphs ({@link
   * io.github.jaubert.autograd.CapturedStep}), which spares it the wait for the program between
   * kernels; not unless said so. Batches are then padded, by less than an eighth from 1,024 tokens
   * on, so that losses differ from those without graphs by rounding. It pays if many batches have
   * the same number of examples, so with {@link #batchSize}; it keeps up to 16 graphs, and takes
   * once more what a step needs of the GPU's memory. Not for MPNet and DeBERTa, see {@link
   * io.github.jaubert.bert.Encoder#canBeCaptured}.
   */
  public TrainingSettings graphs(boolean on) {
    return with(s -> s.graphs = on);
  }

  /** Whether steps are recorded and replayed. */
  public boolean graphs() {
    return graphs;
  }

  /**
   * Whether each layer is computed once more on the way back, which takes the memory of one layer
   * instead of all, and about a third more time ({@link
   * io.github.jaubert.bert.Encoder#gradientCheckpointing}); not unless said so. The result is the
   * same to the last bit.
   */
  public TrainingSettings gradientCheckpointing(boolean on) {
    return with(s -> s.gradientCheckpointing = on);
  }

  /** Whether each layer is computed once more on the way back. */
  public boolean gradientCheckpointing() {
    return gradientCheckpointing;
  }

  /**
   * What the encoder computes in from the run on. With {@link DType#BF16} activations, which then
   * take half the room, and matrix products are BF16, for which GPUs and some CPUs have faster
   * units ({@link io.github.jaubert.tensor.Device#fastestType()}); weights, gradients, AdamW's
   * moments, statistics and the loss stay F32, and nothing needs to be scaled. F32 or BF16; unless
   * said otherwise what the encoder computes in already, which is F32.
   */
  public TrainingSettings precision(DType dtype) {
    require(dtype == DType.F32 || dtype == DType.BF16, "precision", dtype, "F32 or BF16");
    return with(s -> s.precision = dtype);
  }

  /** What the encoder computes in; null: as before. */
  public DType precision() {
    return precision;
  }

  // ---- all of them ----

  /** Every setting by name, as numbers, truth values, text, and a factor by regular expression. */
  public Map<String, Object> byName() {
    Map<String, Object> names = new LinkedHashMap<>();
    names.put("epochs", epochs);
    names.put("tokens", tokens);
    names.put("learning_rate", learningRate);
    names.put("schedule", schedule.toString());
    names.put("warmup", warmup);
    names.put("learning_rate_scales", learningRateScales());
    names.put("layer_decay", layerDecay);
    names.put("optimizer", optimizer.toString());
    names.put("beta2", beta2);
    names.put("eps", eps());
    names.put("weight_decay", weightDecay);
    names.put("max_norm", maxNorm);
    names.put("batch_size", batchSize);
    names.put("batch_tokens", batchTokens);
    names.put(MICRO_BATCH_TOKENS, needsMicroBatches() ? "by memory" : microBatchTokens);
    names.put("gradient_accumulation", gradientAccumulation);
    names.put("seed", seed);
    names.put("log_every", logEvery);
    names.put("evaluate_every", evaluateEvery);
    names.put("evaluate_epochs", evaluateEpochs);
    names.put("evaluate_at_start", evaluateAtStart);
    names.put("patience", patience);
    names.put("ema_decay", emaDecay);
    names.put("keep_best", keepBest);
    names.put("freeze", freeze);
    names.put("graphs", graphs);
    names.put("gradient_checkpointing", gradientCheckpointing);
    names.put("precision", String.valueOf(precision));
    return names;
  }

  /**
   * Those that the result depends on: not when the loss is read or what the model was at first, nor
   * when it is evaluated if no evaluation decides anything.
   */
  Map<String, Object> identity() {
    Map<String, Object> identity = byName();
    identity.keySet().removeAll(Set.of("log_every", "evaluate_at_start", "gradient_checkpointing"));
    if (microBatchTokens == 0) {
      identity.remove(MICRO_BATCH_TOKENS); // as it was before there were any
    }
    if (!keepBest && patience == 0) {
      identity.keySet().removeAll(Set.of("evaluate_every", "evaluate_epochs"));
    }
    return identity;
  }

  Schedule rates(long steps) {
    return new Decay(schedule, learningRate, steps, 0).warmup(warmup);
  }

  private TrainingSettings with(Consumer<TrainingSettings> change) {
    try {
      TrainingSettings other = (TrainingSettings) clone();
      change.accept(other);
      return other;
    } catch (CloneNotSupportedException e) {
      throw new AssertionError(e);
    }
  }

  private static void atLeast(int least, String name, int value) {
    require(value >= least, name, value, "a whole number from " + least);
  }

  private static void finite(String name, float value) {
    require(value >= 0 && value < Float.POSITIVE_INFINITY, name, value, "a number from 0, finite");
  }

  private static void require(boolean holds, String name, Object value, String range) {
    if (!holds) {
      throw new IllegalArgumentException(name + " " + value + ": " + range);
    }
  }

  /** Also in the order of {@link #learningRateScales}, which counts. */
  @Override
  public boolean equals(Object other) {
    return other instanceof TrainingSettings that && toString().equals(that.toString());
  }

  @Override
  public int hashCode() {
    return toString().hashCode();
  }

  @Override
  public String toString() {
    return byName().toString();
  }
}
