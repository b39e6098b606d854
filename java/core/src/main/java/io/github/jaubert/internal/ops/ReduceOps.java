package io.github.jaubert.internal.ops;

import static io.github.jaubert.internal.ops.Operands.list;

import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.internal.binding.Native;
import io.github.jaubert.internal.tape.NativeTensor;
import io.github.jaubert.internal.tape.Tape;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;

/** Sums, means, extremes and their places along one axis. */
public final class ReduceOps {
  private ReduceOps() {}

  private static NativeTensor reduce(
      String name, int op, NativeTensor x, int axis, boolean keepAxis, DType result) {
    Shape shape = x.shape();
    int at = shape.axis(axis);
    long outer = 1;
    for (int i = 0; i < at; i++) {
      outer *= shape.size(i);
    }
    long inner = 1;
    for (int i = at + 1; i < shape.rank(); i++) {
      inner *= shape.size(i);
    }
    boolean needsAnElement =
        op == Kernels.JB_MAX
            || op == Kernels.JB_MIN
            || op == Kernels.JB_ARGMAX
            || op == Kernels.JB_ARGMIN;
    if (shape.size(at) == 0 && needsAnElement) {
      throw new IllegalArgumentException(
          name + ": axis " + axis + " of shape " + shape + " is empty");
    }
    NativeTensor y = x.allocateLike(result, keepAxis ? shape.with(at, 1) : shape.without(at));
    Native.check(
        Kernels.jb_reduce_forward(
            x.context(),
            op,
            x.dtype().ordinal(),
            y.address(),
            x.address(),
            outer,
            shape.size(at),
            inner));
    return y;
  }

  /** A tensor without axes as one of one element, so that it can be reduced. */
  private static NativeTensor withAxis(Tensor operand) {
    NativeTensor x = Operands.wide(operand);
    return x.rank() == 0 ? (NativeTensor) ShapeOps.flatten(x) : x;
  }

  /** A sum that is not recorded. */
  static NativeTensor sumAxis(NativeTensor x, int axis, boolean keepAxis) {
    return reduce("sum", Kernels.JB_SUM, x, axis, keepAxis, x.dtype());
  }

  /** The sum along an axis. */
  public static Tensor sum(Tensor operand, int axis, boolean keepAxis) {
    NativeTensor x = withAxis(operand);
    if (x.dtype() == DType.BOOL) {
      return sum(CastOps.cast(x, DType.I64), axis, keepAxis);
    }
    return spread("sum", x, sumAxis(x, axis, keepAxis), axis, 1);
  }

  /** The mean along an axis. */
  public static Tensor mean(Tensor operand, int axis, boolean keepAxis) {
    NativeTensor x = withAxis(operand);
    Operands.requireFloat("mean", x);
    NativeTensor y = reduce("mean", Kernels.JB_MEAN, x, axis, keepAxis, DType.F32);
    return spread("mean", x, y, axis, 1f / x.size(axis));
  }

  /** Records that y is a sum of x along an axis times a factor. */
  private static NativeTensor spread(
      String name, NativeTensor x, NativeTensor y, int axis, float factor) {
    Shape shape = x.shape();
    Tape.record(
        name,
        y,
        list(x),
        list(),
        (dy, saved, gradients) -> {
          Tensor kept = ShapeOps.view(dy, shape.with(axis, 1));
          gradients.add(
              0, (NativeTensor) ShapeOps.expand(ElementwiseOps.affine(kept, factor, 0), shape));
        });
    return y;
  }

  /** The variance along an axis, in two passes. */
  public static Tensor variance(Tensor operand, int axis, int correction, boolean keepAxis) {
    Tensor x = Operands.wide(operand);
    long divisor = x.shape().size(axis) - correction;
    if (divisor <= 0) {
      throw new IllegalArgumentException(
          "variance: axis "
              + axis
              + " of shape "
              + x.shape()
              + " has too few elements for correction "
              + correction);
    }
    Tensor centred = ElementwiseOps.sub(x, mean(x, axis, true));
    return ElementwiseOps.affine(
        sum(ElementwiseOps.pow(centred, 2), axis, keepAxis), 1f / divisor, 0);
  }

  /** The square root of the sum of all squares; its subgradient at 0 is 0, as in PyTorch. */
  public static Tensor norm(Tensor operand) {
    NativeTensor x = Operands.wide(operand);
    Operands.requireFloat("norm", x);
    NativeTensor y;
    try (NativeTensor squares = ElementwiseOps.multiply(x, x);
        NativeTensor flat = squares.view(0, Shape.of(x.numel()));
        NativeTensor sum = sumAxis(flat, 0, false)) {
      y = (NativeTensor) ElementwiseOps.sqrt(sum);
    }
    Tape.record(
        "norm",
        y,
        list(x),
        list(x, y),
        (dy, saved, gradients) -> {
          Tensor zero = CreationOps.scalarBeside(dy, 0);
          Tensor factor = ElementwiseOps.div(dy, saved[1]);
          Tensor finite = SelectionOps.where(SelectionOps.eq(saved[1], zero), zero, factor);
          gradients.add(0, ElementwiseOps.multiply(saved[0], (NativeTensor) finite));
        });
    return y;
  }

  /** The largest along an axis. */
  public static Tensor max(Tensor x, int axis, boolean keepAxis) {
    return extremum("max", Kernels.JB_MAX, Kernels.JB_ARGMAX, x, axis, keepAxis);
  }

  /** The smallest along an axis. */
  public static Tensor min(Tensor x, int axis, boolean keepAxis) {
    return extremum("min", Kernels.JB_MIN, Kernels.JB_ARGMIN, x, axis, keepAxis);
  }

  private static Tensor extremum(
      String name, int op, int place, Tensor operand, int axis, boolean keepAxis) {
    NativeTensor x = withAxis(operand);
    NativeTensor y = reduce(name, op, x, axis, keepAxis, x.dtype());
    Shape shape = x.shape();
    Tape.record(
        name,
        y,
        list(x),
        list(x),
        (dy, saved, gradients) -> {
          // One-hot along the axis at the place of the extreme, times dy.
          NativeTensor at = reduce(name, place, saved[0], axis, true, DType.I64);
          long[] alongAxis = new long[shape.rank()];
          java.util.Arrays.fill(alongAxis, 1);
          alongAxis[shape.axis(axis)] = shape.size(axis);
          Tensor places =
              ShapeOps.view(CreationOps.arangeBeside(dy, shape.size(axis)), Shape.of(alongAxis));
          Tensor kept = ShapeOps.view(dy, shape.with(axis, 1));
          Tensor zero = CreationOps.scalarBeside(dy, 0);
          gradients.add(
              0, (NativeTensor) SelectionOps.where(SelectionOps.eq(places, at), kept, zero));
        });
    return y;
  }

  /** The index of the largest along an axis. */
  public static Tensor argmax(Tensor x, int axis) {
    return reduce("argmax", Kernels.JB_ARGMAX, withAxis(x), axis, false, DType.I64);
  }

  /** The index of the smallest along an axis. */
  public static Tensor argmin(Tensor x, int axis) {
    return reduce("argmin", Kernels.JB_ARGMIN, withAxis(x), axis, false, DType.I64);
  }

  /** Whether any is true along an axis. */
  public static Tensor any(Tensor x, int axis) {
    NativeTensor mask = withAxis(x);
    Operands.requireType("any", "the operand", mask, DType.BOOL);
    return reduce("any", Kernels.JB_ANY, mask, axis, false, DType.BOOL);
  }

  /** Whether all are true along an axis. */
  public static Tensor all(Tensor x, int axis) {
    NativeTensor mask = withAxis(x);
    Operands.requireType("all", "the operand", mask, DType.BOOL);
    return reduce("all", Kernels.JB_ALL, mask, axis, false, DType.BOOL);
  }
}
