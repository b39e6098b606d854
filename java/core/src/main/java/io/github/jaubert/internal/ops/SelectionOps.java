package io.github.jaubert.internal.ops;

import static io.github.jaubert.internal.ops.Operands.list;

import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.internal.binding.Native;
import io.github.jaubert.internal.tape.NativeTensor;
import io.github.jaubert.internal.tape.Tape;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;

/** Comparisons, logic, and the choice between two values. */
public final class SelectionOps {
  private SelectionOps() {}

  private static Tensor binary(String name, int op, Tensor a, Tensor b) {
    return ElementwiseOps.binary(name, op, Operands.wide(a), Operands.wide(b));
  }

  /** {@code a == b}. */
  public static Tensor eq(Tensor a, Tensor b) {
    return binary("eq", Kernels.JB_EQ, a, b);
  }

  /** {@code a != b}. */
  public static Tensor ne(Tensor a, Tensor b) {
    return binary("ne", Kernels.JB_NE, a, b);
  }

  /** {@code a < b}. */
  public static Tensor lt(Tensor a, Tensor b) {
    return binary("lt", Kernels.JB_LT, a, b);
  }

  /** {@code a <= b}. */
  public static Tensor le(Tensor a, Tensor b) {
    return binary("le", Kernels.JB_LE, a, b);
  }

  /** {@code a > b}. */
  public static Tensor gt(Tensor a, Tensor b) {
    return binary("gt", Kernels.JB_GT, a, b);
  }

  /** {@code a >= b}. */
  public static Tensor ge(Tensor a, Tensor b) {
    return binary("ge", Kernels.JB_GE, a, b);
  }

  /** Both. */
  public static Tensor and(Tensor a, Tensor b) {
    return binary("and", Kernels.JB_AND, a, b);
  }

  /** Either. */
  public static Tensor or(Tensor a, Tensor b) {
    return binary("or", Kernels.JB_OR, a, b);
  }

  /** The opposite of a truth value. */
  public static Tensor not(Tensor x) {
    NativeTensor mask = NativeTensor.of(x);
    Operands.requireType("not", "the operand", mask, DType.BOOL);
    NativeTensor one = (NativeTensor) CreationOps.full(mask.backend(), DType.BOOL, 1, Shape.SCALAR);
    return ElementwiseOps.binary("xor", Kernels.JB_XOR, mask, one);
  }

  /** {@code condition ? a : b}. */
  public static Tensor where(Tensor condition, Tensor left, Tensor right) {
    NativeTensor c = NativeTensor.of(condition);
    NativeTensor a = Operands.wide(left);
    NativeTensor b = Operands.wide(right);
    Operands.requireType("where", "the condition", c, DType.BOOL);
    if (a.dtype() != b.dtype()) {
      throw new IllegalArgumentException(
          "where: a is " + a.summary() + " and b is " + b.summary() + ": the types differ");
    }
    Operands.requireOneDevice("where", a, b);
    Operands.requireOneDevice("where", a, c);
    Shape shape =
        Broadcasting.shape("where", Broadcasting.shape("where", c.shape(), a.shape()), b.shape());
    NativeTensor y = a.allocateLike(a.dtype(), shape);
    Walk walk = Walk.over(shape);
    Native.check(
        Kernels.jb_where_forward(
            a.context(),
            a.dtype().ordinal(),
            y.address(),
            c.address(),
            a.address(),
            b.address(),
            walk.rank(),
            walk.sizes(),
            walk.stretched(c.shape()),
            walk.stretched(a.shape()),
            walk.stretched(b.shape())));
    if (!Tape.records(a, b)) {
      return y;
    }
    Shape shapeA = a.shape();
    Shape shapeB = b.shape();
    Tape.record(
        "where",
        y,
        list(a, b),
        list(c),
        (dy, saved, gradients) -> {
          Tensor zero = CreationOps.scalarBeside(dy, 0);
          if (gradients.needs(0)) {
            ElementwiseOps.addSummed(
                gradients, 0, shapeA, (NativeTensor) where(saved[0], dy, zero));
          }
          if (gradients.needs(1)) {
            ElementwiseOps.addSummed(
                gradients, 1, shapeB, (NativeTensor) where(saved[0], zero, dy));
          }
        });
    return y;
  }
}
