package io.github.jaubert.internal.ops;

import static io.github.jaubert.internal.ops.Operands.list;

import io.github.jaubert.internal.binding.Arguments;
import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.internal.binding.Native;
import io.github.jaubert.internal.tape.DeviceCopy;
import io.github.jaubert.internal.tape.NativeTensor;
import io.github.jaubert.internal.tape.Region;
import io.github.jaubert.internal.tape.Tape;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;

/**
 * A linear layer and the cross-entropy of what it gives, in one operation: for so many classes,
 * such as the words of a vocabulary, that the logits of all rows are not to stand in memory at
 * once. The rows go in chunks.
 */
public final class LinearCrossEntropyOps {
  private static final String NAME = "linearCrossEntropy";

  /** Logits of a chunk: 64 MiB of F32. Fewer rows would make the matrix products slow. */
  private static final long LOGITS = 1 << 24;

  /** Rows of a chunk are a multiple of this, as matrix kernels like it. */
  private static final long ROW_BLOCK = 16;

  private final NativeTensor x;
  private final NativeTensor weight; // of the type of x
  private final NativeTensor bias; // null: there is none
  private final NativeTensor labels;
  private final int ignoreIndex;
  private final float labelSmoothing;
  private final NativeTensor total; // what the sum over the rows is divided by
  private final NativeTensor one;
  private final long classes;
  private final long in;

  // For a loss whose own gradient is 1; null where none is wanted.
  private NativeTensor dx;
  private NativeTensor dweight;
  private NativeTensor dbias;

  private Tensor hits; // null: they are not counted

  private LinearCrossEntropyOps(
      NativeTensor x,
      NativeTensor weight,
      NativeTensor bias,
      NativeTensor labels,
      int ignoreIndex,
      float labelSmoothing,
      float normalizer) {
    this.x = x;
    this.weight = weight;
    this.bias = bias;
    this.labels = labels;
    this.ignoreIndex = ignoreIndex;
    this.labelSmoothing = labelSmoothing;
    this.classes = weight.size(0);
    this.in = weight.size(1);
    this.one = (NativeTensor) CreationOps.full(x.backend(), DType.F32, 1, Shape.SCALAR);
    this.total =
        (NativeTensor)
            (normalizer > 0
                ? CreationOps.full(x.backend(), DType.F32, normalizer, Shape.SCALAR)
                : counted());
  }

  /**
   * The cross-entropy of {@code x W^T + bias}: x [rows, in], W [classes, in], bias [classes] or
   * null, labels [rows]. The gradients are worked out on the way forward, while the logits are
   * there: to compute those once more on the way back would cost a third.
   *
   * @param normalizer what the sum is divided by; 0: the number of rows that count
   * @param hits F32 [1], to which the number of rows is added whose largest logit is their label's;
   *     null: they are not counted
   */
  public static Tensor linearCrossEntropy(
      Tensor operand,
      Tensor weights,
      Tensor biases,
      Tensor targets,
      int ignoreIndex,
      float labelSmoothing,
      float normalizer,
      Tensor hits) {
    NativeTensor x = NativeTensor.of(operand);
    NativeTensor weight = NativeTensor.of(weights);
    NativeTensor bias = biases == null ? null : NativeTensor.of(biases);
    Operands.requireRank(NAME, "x", x, 2);
    LinearOps.requireFitting(NAME, x.shape(), x, weight, bias);
    Operands.requireIndex(NAME, x, NativeTensor.of(targets));
    Operands.requireShape(NAME, "the labels", NativeTensor.of(targets), x.size(0));
    if (hits != null) {
      Operands.requireShape(NAME, "hits", NativeTensor.of(hits), 1);
    }
    NativeTensor loss = x.allocateLike(DType.F32, Shape.SCALAR);
    boolean records = Tape.records(x, weight, bias);
    NativeTensor dx = records && x.requiresGrad() ? x.allocateLike(x.dtype(), x.shape()) : null;
    NativeTensor dweight =
        records && weight.requiresGrad() ? x.allocateLike(DType.F32, weight.shape()) : null;
    NativeTensor dbias =
        records && bias != null && bias.requiresGrad()
            ? x.allocateLike(DType.F32, bias.shape())
            : null;
    try (Region temporaries = Region.openInternal()) {
      NativeTensor labels = (NativeTensor) CastOps.cast(targets, DType.I32);
      NativeTensor factor = CastOps.copyOrSelf(weight, x.dtype());
      LinearCrossEntropyOps work =
          new LinearCrossEntropyOps(
              x, factor, bias, labels, ignoreIndex, labelSmoothing, normalizer);
      work.dx = dx;
      work.dweight = dweight;
      work.dbias = dbias;
      work.hits = hits;
      DeviceCopy.copy(loss, work.run());
    }
    Tape.record(
        NAME,
        loss,
        list(x, weight, bias),
        list(dx, dweight, dbias),
        (dy, saved, gradients) -> {
          for (int i = 0; i < saved.length; i++) {
            if (saved[i] != null) {
              gradients.add(i, scaled(saved[i], dy));
            }
          }
        });
    return loss;
  }

  private static NativeTensor scaled(NativeTensor gradient, NativeTensor dy) {
    return (NativeTensor) ElementwiseOps.mul(gradient, CastOps.cast(dy, gradient.dtype()));
  }

  /** The number of rows that count, 1 if there are none. */
  private Tensor counted() {
    Tensor counts = labels.ne(CreationOps.full(x.backend(), DType.I32, ignoreIndex, Shape.SCALAR));
    return ElementwiseOps.clamp(counts.to(DType.F32).sum(), 1, Float.POSITIVE_INFINITY);
  }

  private NativeTensor run() {
    long rows = x.size(0);
    long chunk = Math.max(ROW_BLOCK, LOGITS / classes / ROW_BLOCK * ROW_BLOCK);
    long chunks = Math.max(1, (rows + chunk - 1) / chunk); // without rows one that has none
    NativeTensor sums = x.allocateLike(DType.F32, Shape.of(chunks));
    NativeTensor logits = x.allocateLike(x.dtype(), Shape.of(Math.min(rows, chunk), classes));
    NativeTensor lse = x.allocateLike(DType.F32, Shape.of(Math.min(rows, chunk)));
    for (long i = 0; i < chunks; i++) {
      long begin = i * chunk;
      long count = Math.min(rows - begin, chunk);
      NativeTensor part = x.view(begin * in, Shape.of(count, in));
      NativeTensor scores = logits.view(0, Shape.of(count, classes));
      LinearOps.forward(scores, null, part, weight, bias, Kernels.JB_NO_ACTIVATION);
      Native.check(
          Kernels.jb_cross_entropy_forward(
              x.context(),
              x.dtype().ordinal(),
              sums.view(i, Shape.SCALAR).address(),
              scores.address(),
              crossEntropy(begin, count, lse, null).set(LossOps.Field.NORMALIZER, 1.0).address()));
      if (hits != null) {
        count(scores, labels.view(begin, Shape.of(count)));
      }
      if (dx != null || dweight != null || dbias != null) {
        backward(begin, count, part, scores, lse);
      }
    }
    return (NativeTensor) ElementwiseOps.div(sums.sum(), total);
  }

  /** Adds the rows of a chunk whose largest logit is their label's. */
  private void count(NativeTensor scores, NativeTensor wanted) {
    try (Region temporaries = Region.openInternal()) {
      Tensor told = ReduceOps.argmax(scores, 1).to(DType.I32).eq(wanted).to(DType.F32);
      hits.copyFrom(hits.add(told.sum().reshape(1)));
    }
  }

  /** The gradients of a chunk; that of its logits takes their place. */
  private void backward(
      long begin, long count, NativeTensor part, NativeTensor scores, NativeTensor lse) {
    Native.check(
        Kernels.jb_cross_entropy_backward(
            x.context(),
            x.dtype().ordinal(),
            scores.address(),
            one.address(),
            scores.address(),
            crossEntropy(begin, count, lse, total).address()));
    long address = dx == null ? 0 : dx.view(begin * in, part.shape()).address();
    Native.check(
        Kernels.jb_linear_backward(
            x.context(),
            x.dtype().ordinal(),
            address,
            Operands.addressOrNull(dweight),
            Operands.addressOrNull(dbias),
            0,
            scores.address(),
            part.address(),
            LinearOps.arguments(weight, count)
                .set(
                    LinearOps.Field.ACCUMULATE,
                    begin == 0 ? 0 : Kernels.JB_ADD_TO_DWEIGHT | Kernels.JB_ADD_TO_DBIAS)
                .address()));
  }

  private Arguments crossEntropy(long begin, long count, NativeTensor lse, NativeTensor divisor) {
    return Arguments.begin(LossOps.Field.COUNT)
        .set(LossOps.Field.LABELS, labels.view(begin, Shape.of(count)).address())
        .set(LossOps.Field.LSE, lse.address())
        .set(LossOps.Field.TOTAL, Operands.addressOrNull(divisor))
        .set(LossOps.Field.ROWS, count)
        .set(LossOps.Field.CLASSES, classes)
        .set(LossOps.Field.IGNORE_INDEX, ignoreIndex)
        .set(LossOps.Field.LABEL_SMOOTHING, labelSmoothing);
  }
}
