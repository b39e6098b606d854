package io.github.jaubert.internal.ops;

import static io.github.jaubert.internal.ops.Operands.list;

import io.github.jaubert.internal.binding.Arguments;
import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.internal.binding.Native;
import io.github.jaubert.internal.tape.NativeTensor;
import io.github.jaubert.internal.tape.Tape;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;

/** Losses: single numbers to call backward on. */
public final class LossOps {
  /** The fields of {@code jb_cross_entropy_args}, in their order. */
  enum Field {
    LABELS,
    CLASS_WEIGHTS,
    LSE,
    TOTAL,
    ROWS,
    CLASSES,
    IGNORE_INDEX,
    LABEL_SMOOTHING,
    NORMALIZER;

    static final int COUNT = values().length;
  }

  private LossOps() {}

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
    NativeTensor labels = (NativeTensor) CastOps.cast(targets, DType.I32);
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
            logits.address(),
            Arguments.begin(Field.COUNT)
                .set(Field.LABELS, labels.address())
                .set(Field.CLASS_WEIGHTS, Operands.addressOrNull(classWeights))
                .set(Field.LSE, lse.address())
                .set(Field.TOTAL, total.address())
                .set(Field.ROWS, rows)
                .set(Field.CLASSES, classes)
                .set(Field.IGNORE_INDEX, ignoreIndex)
                .set(Field.LABEL_SMOOTHING, labelSmoothing)
                .set(Field.NORMALIZER, normalizer)
                .address()));
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
                  Arguments.begin(Field.COUNT)
                      .set(Field.LABELS, saved[3].address())
                      .set(Field.CLASS_WEIGHTS, Operands.addressOrNull(saved[4]))
                      .set(Field.LSE, saved[1].address())
                      .set(Field.TOTAL, saved[2].address())
                      .set(Field.ROWS, rows)
                      .set(Field.CLASSES, classes)
                      .set(Field.IGNORE_INDEX, ignoreIndex)
                      .set(Field.LABEL_SMOOTHING, labelSmoothing)
                      .address()));
          gradients.add(0, dlogits);
        });
    return loss;
  }

  /** The sum of squared differences over a normalizer; 0: the mean. */
  public static Tensor meanSquaredError(Tensor prediction, Tensor target, float normalizer) {
    requireSameShape("mseLoss", prediction, target);
    Tensor squares = ElementwiseOps.pow(ElementwiseOps.sub(prediction, target), 2);
    return normalized(squares, normalizer);
  }

  /** {@code softplus(x) - x * target}, summed over a normalizer; 0: the mean. */
  public static Tensor binaryCrossEntropyWithLogits(
      Tensor scores, Tensor target, float normalizer) {
    requireSameShape("binaryCrossEntropyWithLogits", scores, target);
    Tensor logits = Operands.wide(scores);
    Tensor losses =
        ElementwiseOps.sub(ElementwiseOps.softplus(logits), ElementwiseOps.mul(logits, target));
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
