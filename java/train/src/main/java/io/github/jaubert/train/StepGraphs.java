package io.github.jaubert.train;

import io.github.jaubert.autograd.CapturedStep;
import io.github.jaubert.optim.Optimizer;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The steps of a run on a GPU, replayed where that is possible. Batches are padded to a few numbers
 * of tokens, and those of one such number and as many sequences share a graph. A replay has the
 * bits of the step that it stands for, so it does not matter which steps are replayed: those of a
 * size that was there before are, and the others, such as the last one of an epoch, run as usual.
 *
 * <p>A step of one batch is one graph. Of several, each batch is a graph up to its gradients, which
 * it leaves (the first) or adds to, and the update is one more.
 */
final class StepGraphs implements AutoCloseable {
  private static final int SMALLEST_ROUNDING = 128; // the rows of a tile of a matrix product

  /**
   * What the batches of one graph have in common.
   *
   * @param sizes of the batch
   * @param wholeStep whether it is the only batch of its step
   * @param adds whether there are gradients of the batches before
   */
  private record Bucket(String sizes, boolean wholeStep, boolean adds) {}

  /** A captured step and the tensors that it reads. */
  private static final class Graph implements AutoCloseable {
    final Inputs inputs;
    final Tensor scale;
    final Map<String, PackedSequences> lengths; // as they were captured
    CapturedStep step;

    Graph(Inputs inputs, Tensor scale) {
      this.inputs = inputs.unscoped();
      this.scale = scale.unscoped();
      this.lengths = inputs.lengths();
    }

    @Override
    public void close() {
      if (step != null) {
        step.close();
      }
      inputs.close();
      scale.close();
    }
  }

  private final Task task;
  private final Optimizer optimizer;
  private final LossMeter losses;
  private final int most;
  private final Set<Bucket> seen = new HashSet<>();
  private final Map<Bucket, Graph> graphs = new LinkedHashMap<>(16, 0.75f, true);
  private CapturedStep update; // of steps of several batches; null: not yet
  private long replays;

  /**
   * None yet.
   *
   * @param most how many are kept; of more, the one that was not used for the longest time goes
   */
  StepGraphs(Task task, Optimizer optimizer, LossMeter losses, int most) {
    this.task = task;
    this.optimizer = optimizer;
    this.losses = losses;
    this.most = most;
  }

  /** Refuses what there can be no graphs for. */
  static void check(Device device) {
    if (!CapturedStep.isSupportedBy(device)) {
      throw new UnsupportedOperationException(
          device + ": there are no graphs; leave graphs(true) for a GPU");
    }
  }

  /**
   * How many tokens a batch is padded to: the next multiple of an eighth of the power of two below,
   * and of 128 at least. So padding is less than an eighth of a batch of 1,024 tokens and more, on
   * average half of that, and there are at most eight sizes from any number to its double.
   */
  static int padded(int tokens) {
    int rounding = Math.max(SMALLEST_ROUNDING, Integer.highestOneBit(tokens) / 8);
    return (tokens + rounding - 1) / rounding * rounding;
  }

  /** Forward, loss, backward with some batches of examples, and one update. */
  void takeStep(List<Batch> batches, float rate) {
    float count = TrainingRun.count(task, batches);
    for (int i = 0; i < batches.size(); i++) {
      Batch padded = batches.get(i).padded(StepGraphs::padded);
      compute(padded, 1 / count, new Bucket(padded.sizes(), batches.size() == 1, i > 0), rate);
    }
    if (batches.size() > 1) {
      update(rate);
    }
  }

  private void compute(Batch batch, float scale, Bucket bucket, float rate) {
    if (seen.add(bucket)) {
      try (Scope scope = Scope.open()) {
        compute(bucket, task.inputs(batch), onDevice(scale), rate);
      }
      return;
    }
    Graph graph = graphs.get(bucket);
    if (graph == null) {
      graph = capture(bucket, batch, scale);
      graphs.put(bucket, graph);
      closeOldest();
    } else {
      graph.inputs.set(batch);
      graph.scale.copyFrom(new float[] {scale});
    }
    CapturedStep step = graph.step;
    Map<String, PackedSequences> now = graph.inputs.lengths();
    graph.lengths.forEach((name, captured) -> step.sequences(captured, now.get(name)));
    if (bucket.wholeStep()) {
      step.replay(rate);
    } else {
      step.replay();
    }
    replays++;
  }

  private void update(float rate) {
    if (optimizer.steps() == 0) { // makes its state
      optimizer.step(rate);
      return;
    }
    if (update == null) {
      update =
          CapturedStep.of(
              optimizer.gradNorm().device(),
              () -> {
                optimizer.step(optimizer.learningRate());
                return optimizer.gradNorm();
              });
    }
    update.replay(rate);
  }

  private Tensor onDevice(float value) {
    return Tensor.scalar(value).to(optimizer.gradNorm().device());
  }

  /** The number that a loss is divided by differs from step to step: the graph reads it. */
  private Tensor compute(Bucket bucket, Inputs inputs, Tensor scale, float rate) {
    Tensor loss = task.loss(inputs, 1).mul(scale);
    loss.backward();
    if (bucket.wholeStep()) {
      optimizer.step(rate);
    }
    losses.add(loss);
    return loss;
  }

  private Graph capture(Bucket bucket, Batch batch, float scale) {
    Graph graph;
    try (Scope scope = Scope.open()) {
      graph = new Graph(task.inputs(batch), onDevice(scale));
    }
    try {
      graph.step =
          CapturedStep.of(
              optimizer.gradNorm().device(),
              () -> compute(bucket, graph.inputs, graph.scale, optimizer.learningRate()));
      return graph;
    } catch (RuntimeException | Error e) {
      graph.close();
      throw e;
    }
  }

  private void closeOldest() {
    Iterator<Graph> oldestFirst = graphs.values().iterator();
    if (graphs.size() > most) {
      oldestFirst.next().close();
      oldestFirst.remove();
    }
  }

  /** How many graphs there are. */
  int count() {
    return graphs.size();
  }

  /** How many batches were replayed. */
  long replays() {
    return replays;
  }

  @Override
  public void close() {
    graphs.values().forEach(Graph::close);
    graphs.clear();
    if (update != null) {
      update.close();
      update = null;
    }
  }
}
