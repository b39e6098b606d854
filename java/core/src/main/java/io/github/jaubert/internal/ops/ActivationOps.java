package io.github.jaubert.internal.ops;

import static io.github.jaubert.internal.ops.Operands.list;

import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.internal.binding.Native;
import io.github.jaubert.internal.tape.NativeTensor;
import io.github.jaubert.internal.tape.Tape;
import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;

/** Gated activations. Those of one value by itself are in {@link ElementwiseOps}. */
public final class ActivationOps {
  private ActivationOps() {}

  /** {@code gelu(x[..., :width]) * x[..., width:]} for x [..., 2 * width]. */
  public static Tensor geglu(Tensor operand) {
    NativeTensor x = NativeTensor.of(operand);
    Operands.requireActivation("geglu", "x", x);
    if (x.rank() == 0 || x.size(-1) % 2 != 0) {
      throw new IllegalArgumentException(
          "geglu: the last axis of shape " + x.shape() + " cannot be halved");
    }
    Shape original = x.shape();
    long rows = Operands.rows(x);
    long width = x.size(-1) / 2;
    NativeTensor y = x.allocateLike(x.dtype(), original.with(-1, width));
    Native.check(
        Kernels.jb_geglu_forward(
            x.context(), x.dtype().ordinal(), y.address(), x.address(), rows, width));
    Tape.record(
        "geglu",
        y,
        list(x),
        list(x),
        (dy, saved, gradients) -> {
          NativeTensor dx = dy.allocateLike(dy.dtype(), original);
          Native.check(
              Kernels.jb_geglu_backward(
                  dy.context(),
                  dy.dtype().ordinal(),
                  dx.address(),
                  dy.address(),
                  saved[0].address(),
                  rows,
                  width));
          gradients.add(0, dx);
        });
    return y;
  }
}
