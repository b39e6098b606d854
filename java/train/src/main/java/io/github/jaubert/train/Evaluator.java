package io.github.jaubert.train;

import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.nn.Block;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.train.data.Batches;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** Goes through the examples of an {@link Evaluation}. */
final class Evaluator {
  /** Enough for the matrix products to run at full speed; a larger batch only costs memory. */
  private static final int BATCH_TOKENS = 4096;

  private final Task task;
  private final Evaluation evaluation;
  private int batches; // of the last run

  Evaluator(Task task, Evaluation evaluation) {
    this.task = task;
    this.evaluation = evaluation;
  }

  /**
   * What was measured by name; empty if the thread was interrupted before the last batch. The model
   * is left in the mode it was in.
   */
  Optional<Map<String, Double>> run() {
    Block model = task.model();
    boolean training = model.training();
    model.eval();
    try (NoGrad off = NoGrad.open()) {
      return measure();
    } finally {
      if (training) {
        model.train();
      }
    }
  }

  /** Of the last run, which took so long. */
  RunLog.Speed speed(double seconds) {
    return new RunLog.Speed(seconds, evaluation.examples().size(), batches);
  }

  /** The name of the value that "best" goes by. */
  String mainMetric() {
    return evaluation.metrics().get(0);
  }

  boolean greaterIsBetter() {
    return evaluation.greaterIsBetter();
  }

  private Optional<Map<String, Double>> measure() {
    Examples examples = evaluation.examples();
    evaluation.reset();
    batches = 0;
    int[] lengths = examples.lengths(0);
    int[] order = IntStream.range(0, lengths.length).toArray();
    for (int[] rows : Batches.byTokens(order, lengths, BATCH_TOKENS)) {
      if (Thread.currentThread().isInterrupted()) {
        return Optional.empty();
      }
      try (Scope scope = Scope.open()) {
        evaluation.add(task.inputs(Batch.of(examples, rows, 0)), rows);
        batches++;
      }
    }
    Map<String, Double> values = evaluation.result();
    for (String name : evaluation.metrics()) {
      if (!values.containsKey(name)) {
        throw new IllegalStateException(
            "the evaluation measured " + values.keySet() + ", and not its metric '" + name + "'");
      }
    }
    return Optional.of(values);
  }
}
