package io.github.jaubert.internal.ops;

import static io.github.jaubert.internal.ops.Operands.list;

import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.internal.binding.Native;
import io.github.jaubert.internal.tape.NativeTensor;
import io.github.jaubert.internal.tape.Tape;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Tensor;

/** Softmax and its logarithm along an axis. */
public final class SoftmaxOps {
  private SoftmaxOps() {}

  /** {@code e^x / sum(e^x)}. */
  public static Tensor softmax(Tensor x, int axis) {
    return alongAxis("softmax", 0, x, axis);
  }

  /** {@code x - log(sum(e^x))}. */
  public static Tensor logSoftmax(Tensor x, int axis) {
    return alongAxis("logSoftmax", 1, x, axis);
  }

  private static Tensor alongAxis(String name, int log, Tensor x, int axis) {
    int last = x.rank() - 1;
    if (x.shape().axis(axis) == last) {
      return alongRows(name, log, x);
    }
    return ShapeOps.transpose(alongRows(name, log, ShapeOps.transpose(x, axis, last)), axis, last);
  }

  private static Tensor alongRows(String name, int log, Tensor operand) {
    NativeTensor x = Operands.wide(operand);
    Operands.requireFloat(name, x);
    long rows = Operands.rows(x);
    long columns = Operands.columns(x);
    NativeTensor y = x.allocateLike(DType.F32, x.shape());
    Native.check(
        Kernels.jb_softmax_forward(x.context(), y.address(), x.address(), rows, columns, log));
    Tape.record(
        name,
        y,
        list(x),
        list(y),
        (dy, saved, gradients) -> {
          NativeTensor dx = dy.allocateLike(DType.F32, dy.shape());
          Native.check(
              Kernels.jb_softmax_backward(
                  dy.context(),
                  dx.address(),
                  dy.address(),
                  saved[0].address(),
                  rows,
                  columns,
                  log));
          gradients.add(0, dx);
        });
    return y;
  }
}
