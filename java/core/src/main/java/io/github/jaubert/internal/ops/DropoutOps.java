package io.github.jaubert.internal.ops;

import static io.github.jaubert.internal.ops.Operands.list;

import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.internal.binding.Native;
import io.github.jaubert.internal.tape.NativeTensor;
import io.github.jaubert.internal.tape.Tape;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Tensor;

/** Dropout by itself. */
public final class DropoutOps {
  private DropoutOps() {}

  /** Each element kept with probability 1 - p and then divided by it. */
  public static Tensor dropout(Tensor operand, float p, Rng rng) {
    NativeTensor x = NativeTensor.of(operand);
    Operands.requireActivation("dropout", "x", x);
    Operands.requireProbability("dropout", p);
    long seed = rng.seed();
    long offset = rng.next();
    NativeTensor y = x.allocateLike(x.dtype(), x.shape());
    Native.check(
        Kernels.jb_dropout(
            x.context(),
            x.dtype().ordinal(),
            y.address(),
            x.address(),
            x.numel(),
            p,
            seed,
            offset));
    Tape.record(
        "dropout",
        y,
        list(x),
        list(),
        (dy, saved, gradients) -> {
          NativeTensor dx = dy.allocateLike(dy.dtype(), dy.shape());
          Native.check(
              Kernels.jb_dropout(
                  dy.context(),
                  dy.dtype().ordinal(),
                  dx.address(),
                  dy.address(),
                  dy.numel(),
                  p,
                  seed,
                  offset));
          gradients.add(0, dx);
        });
    return y;
  }
}
