package io.github.jaubert.internal.ops;

import static io.github.jaubert.internal.ops.Operands.list;

import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.internal.binding.Native;
import io.github.jaubert.internal.ops.LinearOps.Field;
import io.github.jaubert.internal.tape.Gradients.Target;
import io.github.jaubert.internal.tape.NativeTensor;
import io.github.jaubert.internal.tape.Tape;
import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;

/**
 * Two linear layers with an activation between them as one operation, so that backward applies the
 * activation's derivative to each part of the gradient between them while that is in the cache.
 */
public final class FeedForwardOps {
  private static final String NAME = "feedForward";

  private FeedForwardOps() {}

  /**
   * {@code activation(x W1^T + bias) W2^T}: x [..., in], W1 [inner, in], bias [inner] or null, W2
   * [out, inner].
   *
   * @param activation a {@code JB_ACT_...} constant
   */
  public static Tensor feedForward(
      Tensor operand, Tensor firstWeights, Tensor biases, int activation, Tensor secondWeights) {
    NativeTensor x = NativeTensor.of(operand);
    NativeTensor first = NativeTensor.of(firstWeights);
    NativeTensor bias = biases == null ? null : NativeTensor.of(biases);
    NativeTensor second = NativeTensor.of(secondWeights);
    LinearOps.requireFitting(NAME, x.shape(), x, first, bias);
    long inner = first.size(0);
    Shape innerShape = x.shape().with(-1, inner);
    LinearOps.requireFitting(NAME, innerShape, x, second, null);
    long rows = Operands.rows(x);
    long out = second.size(0);
    boolean keeps =
        Tape.records(x, first, bias, second) && LinearOps.needsPreactivation(activation);
    NativeTensor h = x.allocateLike(x.dtype(), innerShape);
    NativeTensor preactivation = keeps ? x.allocateLike(x.dtype(), innerShape) : null;
    NativeTensor y = x.allocateLike(x.dtype(), x.shape().with(-1, out));
    NativeTensor factor = CastOps.copyOrSelf(first, x.dtype());
    NativeTensor secondFactor = CastOps.copyOrSelf(second, x.dtype());
    LinearOps.forward(h, preactivation, x, factor, bias, activation);
    LinearOps.forward(y, null, h, secondFactor, null, Kernels.JB_NO_ACTIVATION);
    // What went into the activation is enough: backward computes its result again, together with
    // the derivative. So a layer keeps one matrix of [tokens, inner] instead of two.
    NativeTensor kept = keeps ? preactivation : h;
    boolean keptIsInput = activation == Kernels.JB_NO_ACTIVATION;
    Tape.record(
        NAME,
        y,
        list(x, first, bias, second),
        list(x, factor, kept, secondFactor),
        (dy, saved, gradients) -> {
          // Targets are asked for in the order in which the kernels write: an operand given twice
          // is added to at last. And none before its turn: this operation of the last layer is
          // where a training step needs the most memory.
          Target dsecond = gradients.target(3);
          boolean goesOn = gradients.needs(0) || gradients.needs(1) || gradients.needs(2);
          // The gradient of what went into the activation.
          NativeTensor dz = goesOn ? dy.allocateLike(dy.dtype(), innerShape) : null;
          Native.check(
              Kernels.jb_linear_backward(
                  dy.context(),
                  dy.dtype().ordinal(),
                  Operands.addressOrNull(dz),
                  dsecond.address(),
                  0,
                  0,
                  dy.address(),
                  keptIsInput ? saved[2].address() : 0,
                  LinearOps.arguments(saved[3], rows)
                      .set(Field.ACCUMULATE, dsecond.flag(Kernels.JB_ADD_TO_DWEIGHT))
                      .set(Field.X_ACTIVATION, activation)
                      .set(Field.X_PREACTIVATION, keptIsInput ? 0 : saved[2].address())
                      .address()));
          if (dz == null) {
            return;
          }
          saved[2].close();
          Target dbias = gradients.target(2);
          Target dx = gradients.target(0);
          Target dfirst = gradients.target(1);
          Native.check(
              Kernels.jb_linear_backward(
                  dy.context(),
                  dy.dtype().ordinal(),
                  dx.address(),
                  dfirst.address(),
                  dbias.address(),
                  0,
                  dz.address(),
                  saved[0].address(),
                  LinearOps.arguments(saved[1], rows)
                      .set(Field.ACCUMULATE, LinearOps.accumulate(dx, dfirst, dbias))
                      .address()));
        });
    if (factor != first) {
      factor.close();
    }
    if (secondFactor != second) {
      secondFactor.close();
    }
    return y;
  }
}
