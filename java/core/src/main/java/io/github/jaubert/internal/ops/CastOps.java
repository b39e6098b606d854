package io.github.jaubert.internal.ops;

import static io.github.jaubert.internal.ops.Operands.list;

import io.github.jaubert.internal.memory.Backend;
import io.github.jaubert.internal.tape.DeviceCopy;
import io.github.jaubert.internal.tape.NativeTensor;
import io.github.jaubert.internal.tape.Tape;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Tensor;

/** The same numbers in another type or on another device. */
public final class CastOps {
  private CastOps() {}

  /** Another type; between floating-point types the gradient flows. */
  public static Tensor cast(Tensor operand, DType dtype) {
    NativeTensor x = NativeTensor.of(operand);
    if (x.dtype() == dtype) {
      return x;
    }
    NativeTensor y = x.allocateLike(dtype, x.shape());
    DeviceCopy.convert(y, x);
    if (dtype.isFloatingPoint() && x.dtype().isFloatingPoint()) {
      Tape.record("to", y, list(x), list(), (dy, saved, gradients) -> gradients.add(0, dy));
    }
    return y;
  }

  /**
   * A weight in the type that a layer computes in, which is its own or that of a copy, without a
   * record: the gradient is the weight's own business. The caller closes what is not the weight.
   */
  static NativeTensor copyOrSelf(NativeTensor weight, DType dtype) {
    if (weight.dtype() == dtype) {
      return weight;
    }
    return weight.converted(dtype);
  }

  /** Another device; the gradient flows back to this one. */
  public static Tensor move(Tensor operand, Device device) {
    NativeTensor x = NativeTensor.of(operand);
    Backend origin = x.backend();
    if (x.device() == device) {
      return x;
    }
    NativeTensor y = x.copyOn(Backend.of(device.name()));
    Tape.record(
        "to", y, list(x), list(), (dy, saved, gradients) -> gradients.add(0, dy.copyOn(origin)));
    return y;
  }
}
