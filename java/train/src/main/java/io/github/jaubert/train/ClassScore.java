package io.github.jaubert.train;

import io.github.jaubert.nn.CrossEntropyOptions;
import io.github.jaubert.nn.F;
import io.github.jaubert.tensor.Tensor;

/** How well logits tell classes: mean cross-entropy and accuracy over several batches. Mutable. */
final class ClassScore {
  private double loss;
  private long right;
  private long count;

  /**
   * Adds a batch.
   *
   * @param logits F32 {@code [rows, classes]}
   * @param targets the classes, I32 {@code [rows]}, on the same device
   */
  void add(Tensor logits, Tensor targets) {
    int[] labels = targets.toInts();
    if (labels.length == 0) {
      return;
    }
    loss +=
        F.crossEntropy(logits, targets, CrossEntropyOptions.defaults().withNormalizer(1)).item();
    long[] told = logits.argmax(-1).toLongs();
    for (int i = 0; i < labels.length; i++) {
      right += told[i] == labels[i] ? 1 : 0;
    }
    count += labels.length;
  }

  /** The mean; NaN of nothing. */
  double loss() {
    return loss / count;
  }

  /** The share that is told rightly; NaN of nothing. */
  double accuracy() {
    return (double) right / count;
  }
}
