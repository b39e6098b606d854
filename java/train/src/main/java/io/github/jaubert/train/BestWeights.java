package io.github.jaubert.train;

import io.github.jaubert.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/** The weights that did best so far: in the run's folder if it has one, otherwise on the heap. */
final class BestWeights {
  private final Map<String, Tensor> weights;
  private final boolean greaterIsBetter;
  private final RunFolder folder; // may be null
  private final Map<String, float[]> copy = new LinkedHashMap<>();
  private double value = Double.NaN;
  private int step;

  BestWeights(Map<String, Tensor> weights, boolean greaterIsBetter, RunFolder folder) {
    this.weights = weights;
    this.greaterIsBetter = greaterIsBetter;
    this.folder = folder;
  }

  /**
   * Keeps the weights if {@code candidate} is better than all before; of equals the first. A metric
   * that is not a number, as it may be while a model predicts one class alone, is never the best.
   */
  void offer(int step, double candidate) {
    if (!isBetter(candidate, value, greaterIsBetter)) {
      return;
    }
    resume(step, candidate);
    if (folder != null) {
      folder.writeBest(weights);
    } else {
      weights.forEach((name, tensor) -> copy.put(name, tensor.toFloats()));
    }
  }

  /** Whether a value is better than the best so far, which is NaN before the first. */
  static boolean isBetter(double candidate, double best, boolean greaterIsBetter) {
    return !Double.isNaN(candidate)
        && (Double.isNaN(best) || (greaterIsBetter ? candidate > best : candidate < best));
  }

  /** Goes on from an evaluation whose weights were kept. */
  void resume(int step, double value) {
    this.step = step;
    this.value = value;
  }

  /** The step of the best evaluation, 0 before the first that was a number. */
  int step() {
    return step;
  }

  /** Puts the kept weights back; without any, the last ones stay, and false is returned. */
  boolean restore() {
    if (step == 0) {
      return false;
    }
    if (folder != null) {
      folder.restoreBest(weights);
    } else {
      weights.forEach((name, tensor) -> tensor.copyFrom(copy.get(name)));
    }
    return true;
  }
}
