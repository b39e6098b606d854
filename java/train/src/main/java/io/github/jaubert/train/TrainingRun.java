package io.github.jaubert.train;

import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.nn.Block;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.optim.ExponentialMovingAverage;
import io.github.jaubert.optim.Optimizer;
import io.github.jaubert.optim.Schedule;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import io.github.jaubert.train.LogEntry.Kind;
import io.github.jaubert.train.RunLog.Speed;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run of a {@link Trainer}, from its first step or from a checkpoint to its last. Used once.
 */
final class TrainingRun implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Trainer.class);

  // Names of tensors in a checkpoint begin with these.
  static final String MODEL = "model.";
  private static final String OPTIMIZER = "optimizer.";
  static final String AVERAGE = "average.";
  private static final String LOSS = "loss_sum";
  private static final String FIGURES = "figures.";

  /** Steps between updates of the average, which would cost a tenth of each short step. */
  private static final int AVERAGE_EVERY = 10;

  private static final int MOST_GRAPHS = 16;

  private final TrainingSettings settings;
  private final Task task;
  private final Block model;
  private final Examples examples;
  private final Evaluator evaluator; // null: nothing is evaluated
  private final RunFolder folder; // null: nothing is kept
  private final TrainingListener listener;
  private final TrainingPlan plan;
  private final Schedule schedule;
  private final Optimizer optimizer;
  private final LossMeter losses;
  private final Map<String, RunningMean> figures;
  private final ExponentialMovingAverage
      average; // null: the weights are as the last step left them
  private final BestWeights best;
  private final StepGraphs graphs; // null: every step is computed as it is written
  private final List<LogEntry> history = new ArrayList<>();
  private int step;
  private long read; // examples, in this process
  private boolean isOutOfPatience;
  private boolean isKept; // the folder's checkpoint holds what the run is now

  TrainingRun(
      TrainingSettings settings,
      Task task,
      TrainingPlan plan,
      RunFolder folder,
      TrainingListener listener) {
    this.settings = settings;
    this.task = task;
    this.model = task.model();
    this.examples = task.examples();
    this.evaluator = task.evaluation() == null ? null : new Evaluator(task, task.evaluation());
    this.folder = folder;
    this.listener = listener;
    this.plan = plan;
    this.schedule = settings.rates(plan.steps());
    this.optimizer = new ParameterRates(settings, model).optimizer();
    this.losses = new LossMeter(model.parameters().get(0).tensor().device());
    this.figures = task.figures();
    this.average =
        settings.emaDecay() == 0
            ? null
            : ExponentialMovingAverage.of(
                trained(), (float) Math.pow(settings.emaDecay(), AVERAGE_EVERY));
    this.best =
        settings.keepBest()
            ? new BestWeights(weights(), evaluator.greaterIsBetter(), folder)
            : null;
    this.graphs = settings.graphs() ? new StepGraphs(task, optimizer, losses, MOST_GRAPHS) : null;
  }

  TrainingResult run() {
    model.train();
    begin();
    long tokensBefore = plan.tokensUpTo(step);
    listener.configured(allSettings());
    listener.started(step, plan.steps(), tokensBefore, plan.tokensUpTo(plan.steps()));
    if (step == 0 && evaluator != null && settings.evaluateAtStart()) {
      evaluate();
    } else if (owesEvaluation()) { // the run stopped in it
      evaluateAndKeep();
    }
    long began = System.nanoTime();
    int first = step;
    long nanos = 0;
    while (!isOver()) {
      if (Thread.currentThread().isInterrupted()) {
        throw stopped();
      }
      long start = System.nanoTime();
      takeStep();
      if (step % settings.logEvery() == 0 || step == plan.steps()) {
        logLoss();
      }
      nanos += System.nanoTime() - start;
      evaluateAndKeep();
    }
    if (step < plan.steps()) {
      LOG.info(
          "ends after step {} of {}: none of the last {} evaluations was better than all before",
          step,
          plan.steps(),
          settings.patience());
    }
    model.eval();
    if (best == null || !best.restore()) {
      swapAverage();
    }
    if (folder != null) {
      double seconds = (System.nanoTime() - began) / 1e9;
      folder.log().end(history, plan.epochs(step), step, new Speed(seconds, read, step - first));
    }
    return finish(nanos / 1e9, plan.tokensUpTo(step) - tokensBefore);
  }

  /** What is due after a step. */
  private void evaluateAndKeep() {
    if (owesEvaluation()) {
      evaluate();
    }
    if (folder != null && (isOver() || folder.isDue(step))) {
      save();
    }
  }

  private boolean isOver() {
    return step == plan.steps() || isOutOfPatience;
  }

  /** Whether none of the last evaluations was better than all before them. */
  private boolean isOutOfPatience() {
    double top = Double.NaN;
    int since = 0;
    for (LogEntry entry : history) {
      if (entry.kind() == Kind.EVALUATION && entry.step() > 0) {
        double value = entry.values().get(evaluator.mainMetric());
        boolean better = BestWeights.isBetter(value, top, evaluator.greaterIsBetter());
        top = better ? value : top;
        since = better ? 0 : since + 1;
      }
    }
    return since >= settings.patience();
  }

  private boolean owesEvaluation() {
    return evaluator != null
        && step > 0
        && (evaluatesAtEndOfEpoch() || isEvaluationStep())
        && evaluationAt(step).isEmpty();
  }

  private boolean isEvaluationStep() {
    return settings.evaluateEvery() > 0 && step % settings.evaluateEvery() == 0;
  }

  /** In a run of many short epochs, not at the end of every one. */
  private boolean evaluatesAtEndOfEpoch() {
    int epoch = plan.epochEndedAt(step);
    return epoch > 0 && (epoch % settings.evaluateEpochs() == 0 || epoch == settings.epochs());
  }

  /**
   * Ends the run early. Its checkpoint may be one that owes the evaluation of its last step, which
   * whoever goes on then begins with.
   */
  private TrainingInterruptedException stopped() {
    model.eval();
    if (step == 0) {
      return TrainingInterruptedException.beforeFirstStep();
    } else if (folder == null) {
      return TrainingInterruptedException.withoutFolder(step, plan.steps());
    }
    try {
      if (!isKept) {
        save();
      }
      return TrainingInterruptedException.kept(step, plan.steps(), folder.checkpoint());
    } catch (CheckpointException e) {
      return TrainingInterruptedException.notKept(step, plan.steps(), e);
    }
  }

  /**
   * Forward, loss, backward, update. What a step computes is freed when it ends, and nothing waits
   * for the device.
   */
  private void takeStep() {
    isKept = false;
    int pass = plan.pass(step);
    List<Batch> batches =
        task.step(
            plan.microBatches(step).stream().map(rows -> Batch.of(examples, rows, pass)).toList());
    if (graphs != null) {
      graphs.takeStep(batches, schedule.at(step));
    } else {
      compute(batches);
    }
    batches.forEach(batch -> read += batch.examples());
    losses.stepped();
    step++;
    if (average != null && step % AVERAGE_EVERY == 0) {
      average.update();
    }
    listener.stepped(step, plan.tokensUpTo(step));
  }

  private void compute(List<Batch> batches) {
    float count = count(task, batches);
    for (Batch batch : batches) {
      try (Scope scope = Scope.open()) {
        // Divided by the count of the whole step, so that its batches add up to one large batch.
        Tensor loss = task.loss(task.inputs(batch), count);
        loss.backward();
        losses.add(loss);
      }
    }
    optimizer.step(schedule.at(step));
  }

  /** What counts in the batches of a step; if nothing does, the loss is 0 whatever divides it. */
  static float count(Task task, List<Batch> batches) {
    float count = 0;
    for (Batch batch : batches) {
      count += task.count(batch);
    }
    return count > 0 ? count : 1;
  }

  private void logLoss() {
    double loss = losses.take();
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("loss", loss);
    figures.forEach((name, figure) -> values.put(name, figure.take()));
    values.put("learning_rate", (double) schedule.at(step - 1));
    values.put("grad_norm", (double) optimizer.gradNorm().item());
    log(new LogEntry(Kind.TRAIN, step, plan.epochs(step), values), null);
    requireFinite("loss", loss);
  }

  private void requireFinite(String what, double value) {
    if (!Double.isFinite(value)) {
      throw new IllegalStateException(
          "the %s is %s at step %d of %d; a lower learning rate than %s may help"
              .formatted(what, value, step, plan.steps(), settings.learningRate()));
    }
  }

  private void evaluate() {
    Optional<Map<String, Double>> measured;
    swapAverage();
    try {
      long began = System.nanoTime();
      measured = evaluator.run();
      double seconds = (System.nanoTime() - began) / 1e9;
      measured.ifPresent(values -> judge(values, evaluator.speed(seconds)));
    } finally {
      swapAverage();
    }
    if (measured.isEmpty()) {
      throw stopped();
    }
  }

  /** Of the weights that the model has now. */
  private void judge(Map<String, Double> values, Speed speed) {
    isKept = false;
    log(new LogEntry(Kind.EVALUATION, step, plan.epochs(step), values), speed);
    requireFinite("evaluation loss", values.getOrDefault("loss", 0.0));
    if (best != null && step > 0) {
      best.offer(step, values.get(evaluator.mainMetric()));
    }
    isOutOfPatience = settings.patience() > 0 && isOutOfPatience();
  }

  /** Gives the model the averages for its weights, or takes them back. */
  private void swapAverage() {
    if (average != null && average.updates() > 0) {
      average.swap();
    }
  }

  private void log(LogEntry entry, Speed speed) {
    history.add(entry);
    if (folder != null) {
      folder.log().append(entry, speed);
    }
    listener.logged(entry);
  }

  /** From the folder's checkpoint, if there is one, else from the weights that the model has. */
  private void begin() {
    optimizer.zeroGrad(); // those of a run that failed between two steps, or of anything before
    // The plan has used one offset an epoch.
    Rng.global().restore(settings.seed(), settings.epochs());
    if (folder != null) {
      folder.read().ifPresent(this::resume);
      folder.log().begin(history, step);
    }
  }

  private void resume(Checkpoint checkpoint) {
    try (Scope scope = Scope.open()) {
      folder.restore(prefixed(MODEL, weights()));
      folder.restore(Map.of(LOSS, losses.sum()));
      folder.restore(figureSums());
      optimizer.restore(folder.tensors(OPTIMIZER));
      if (average != null) {
        Map<String, Tensor> averages = folder.tensors(AVERAGE);
        averages.keySet().retainAll(average.averages().keySet()); // older files hold all
        average.restore(averages, checkpoint.step() / AVERAGE_EVERY);
      }
    }
    Rng.global().restore(settings.seed(), checkpoint.rngOffset());
    step = checkpoint.step();
    isKept = true;
    losses.steps(checkpoint.lossSteps());
    history.addAll(checkpoint.history());
    isOutOfPatience = settings.patience() > 0 && isOutOfPatience();
    if (best != null && checkpoint.bestStep() > 0) {
      best.resume(
          checkpoint.bestStep(), evaluationAt(checkpoint.bestStep()).get(evaluator.mainMetric()));
    }
  }

  /**
   * A run must never go on from weights that are not numbers. If an earlier step spoilt them, the
   * sum of the losses shows it; if the last one did, the norm of its gradients.
   */
  private void save() {
    requireFinite("loss", losses.sum().item());
    requireFinite("gradient norm", optimizer.gradNorm().item());
    Map<String, Tensor> tensors = prefixed(MODEL, weights());
    tensors.putAll(prefixed(OPTIMIZER, optimizer.state()));
    if (average != null) {
      tensors.putAll(prefixed(AVERAGE, average.averages()));
    }
    tensors.put(LOSS, losses.sum());
    tensors.putAll(figureSums());
    int bestStep = best == null ? 0 : best.step();
    folder.write(
        new Checkpoint(
            folder.identity(), step, Rng.global().offset(), losses.steps(), bestStep, history),
        tensors);
    isKept = true;
  }

  private Map<String, Tensor> figureSums() {
    Map<String, Tensor> sums = new LinkedHashMap<>();
    figures.forEach(
        (name, figure) -> {
          sums.put(FIGURES + name + ".sum", figure.sum());
          sums.put(FIGURES + name + ".count", figure.count());
        });
    return sums;
  }

  /** What changes, by name: the rest is as it was when the run began. */
  private Map<String, Tensor> weights() {
    Map<String, Tensor> weights = new LinkedHashMap<>();
    trained().forEach(parameter -> weights.put(parameter.name(), parameter.tensor()));
    return weights;
  }

  private List<Parameter> trained() {
    return model.parameters().stream().filter(parameter -> !parameter.frozen()).toList();
  }

  private static Map<String, Tensor> prefixed(String prefix, Map<String, Tensor> tensors) {
    Map<String, Tensor> renamed = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> renamed.put(prefix + name, tensor));
    return renamed;
  }

  private TrainingResult finish(double seconds, long tokens) {
    Map<String, Double> metrics =
        evaluationAt(best == null || best.step() == 0 ? step : best.step());
    TrainingResult result =
        new TrainingResult(
            metrics, history, step, seconds, seconds == 0 ? 0 : tokens / seconds, allSettings());
    listener.finished(result);
    return result;
  }

  private Map<String, Object> allSettings() {
    Map<String, Object> all = settings.byName();
    all.putAll(task.settings());
    return all;
  }

  private Map<String, Double> evaluationAt(long step) {
    return history.stream()
        .filter(entry -> entry.kind() == Kind.EVALUATION && entry.step() == step)
        .findFirst()
        .map(LogEntry::values)
        .orElse(Map.of());
  }

  @Override
  public void close() {
    if (graphs != null) {
      graphs.close();
    }
    optimizer.close();
    losses.close();
    figures.values().forEach(RunningMean::close);
    if (average != null) {
      average.close();
    }
  }
}
