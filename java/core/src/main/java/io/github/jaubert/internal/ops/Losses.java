package io.github.jaubert.internal.ops;

import static io.github.jaubert.internal.ops.Operands.list;

import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.internal.binding.Native;
import io.github.jaubert.internal.engine.NativeTensor;
import io.github.jaubert.internal.engine.Tape;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;

/** Losses: single numbers to call backward on. */
public final class Losses {
  private Losses() {}

  /**
   * Softmax cross-entropy of logits [rows, classes] and labels [rows].
   *
   * @param weights of the classes, or null
   * @param normalizer what the sum is divided by; 0: the weights of the rows that count
   */
  public static Tensor crossEntropy(
      Tensor scores,
      Tensor targets,
      int ignoreIndex,
      float labelSmoothing,
      Tensor weights,
      float normalizer) {
    NativeTensor logits = NativeTensor.of(scores);
    Operands.requireActivation("crossEntropy", "the logits", logits);
    Operands.requireRank("crossEntropy", "the logits", logits, 2);
    Operands.requireIndex("crossEntropy", logits, NativeTensor.of(targets));
    NativeTensor labels = (NativeTensor) Casting.cast(targets, DType.I32);
    long rows = logits.size(0);
    long classes = logits.size(1);
    Operands.requireShape("crossEntropy", "the labels", labels, rows);
    NativeTensor classWeights = weights == null ? null : NativeTensor.of(weights);
    if (classWeights != null) {
      Operands.requireParameters("crossEntropy", logits, classWeights);
      Operands.requireShape("crossEntropy", "the class weights", classWeights, classes);
    }
    NativeTensor loss = logits.allocateLike(DType.F32, Shape.SCALAR);
    NativeTensor lse = logits.allocateLike(DType.F32, Shape.of(rows));
    NativeTensor total = logits.allocateLike(DType.F32, Shape.SCALAR);
    Native.check(
        Kernels.jb_cross_entropy_forward(
            logits.context(),
            logits.dtype().ordinal(),
            loss.address(),
            lse.address(),
            total.address(),
            logits.address(),
            labels.address(),
            Operands.addressOrNull(classWeights),
            rows,
            classes,
            ignoreIndex,
            labelSmoothing,
            normalizer));
    Tape.record(
        "crossEntropy",
        loss,
        list(logits),
        list(logits, lse, total, labels, classWeights),
        (dy, saved, gradients) -> {
          NativeTensor dlogits = dy.allocateLike(saved[0].dtype(), saved[0].shape());
          Native.check(
              Kernels.jb_cross_entropy_backward(
                  dy.context(),
                  saved[0].dtype().ordinal(),
                  dlogits.address(),
                  dy.address(),
                  saved[0].address(),
                  saved[1].address(),
                  saved[2].address(),
                  saved[3].address(),
                  Operands.addressOrNull(saved[4]),
                  rows,
                  classes,
                  ignoreIndex,
                  labelSmoothing));
          gradients.add(0, dlogits);
        });
    return loss;
  }

  /** The sum of squared differences over a normalizer; 0: the mean. */
  public static Tensor meanSquaredError(Tensor prediction, Tensor target, float normalizer) {
    requireSameShape("mseLoss", prediction, target);
    Tensor squares = Elementwise.pow(Elementwise.sub(prediction, target), 2);
    return normalized(squares, normalizer);
  }

  /** {@code softplus(x) - x * target}, summed over a normalizer; 0: the mean. */
  public static Tensor binaryCrossEntropyWithLogits(
      Tensor scores, Tensor target, float normalizer) {
    requireSameShape("binaryCrossEntropyWithLogits", scores, target);
    Tensor logits = Operands.wide(scores);
    Tensor losses = Elementwise.sub(Elementwise.softplus(logits), Elementwise.mul(logits, target));
    return normalized(losses, normalizer);
  }

  private static Tensor normalized(Tensor losses, float normalizer) {
    return normalizer > 0 ? losses.sum().mul(1 / normalizer) : losses.mean();
  }

  private static void requireSameShape(String name, Tensor prediction, Tensor target) {
    if (!prediction.shape().equals(target.shape())) {
      throw new IllegalArgumentException(
          name
              + ": the prediction has shape "
              + prediction.shape()
              + ", the target has shape "
              + target.shape());
    }
  }
}
