package io.github.jaubert.internal.ops;

import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.internal.binding.Native;
import io.github.jaubert.internal.tape.NativeTensor;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;

/** Tensors of random numbers. */
public final class RandomOps {
  private RandomOps() {}

  /** Uniform on [low, high). */
  public static Tensor uniform(Rng rng, float low, float high, Shape shape) {
    NativeTensor y = CreationOps.allocate(DType.F32, shape);
    Native.check(
        Kernels.jb_random_uniform(
            y.context(), y.address(), y.numel(), low, high, rng.seed(), rng.next()));
    return y;
  }

  /** Normal with a mean and a standard deviation. */
  public static Tensor normal(Rng rng, float mean, float deviation, Shape shape) {
    NativeTensor y = CreationOps.allocate(DType.F32, shape);
    Native.check(
        Kernels.jb_random_normal(
            y.context(), y.address(), y.numel(), mean, deviation, rng.seed(), rng.next()));
    return y;
  }
}
