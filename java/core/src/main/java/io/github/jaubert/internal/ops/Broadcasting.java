package io.github.jaubert.internal.ops;

import io.github.jaubert.internal.tape.NativeTensor;
import io.github.jaubert.tensor.Shape;

/** NumPy's rule for operands of different shapes, and its gradient. */
final class Broadcasting {
  private Broadcasting() {}

  /**
   * The shape that both operands stretch to.
   *
   * @throws IllegalArgumentException naming the operation and the shapes if there is none
   */
  static Shape shape(String operation, Shape a, Shape b) {
    if (stretches(b, a)) {
      return a;
    }
    if (stretches(a, b)) {
      return b;
    }
    int rank = Math.max(a.rank(), b.rank());
    long[] sizes = new long[rank];
    for (int axis = -1; axis >= -rank; axis--) {
      long sizeA = sizeOrOne(a, axis);
      long sizeB = sizeOrOne(b, axis);
      if (sizeA != 1 && sizeB != 1 && sizeA != sizeB) {
        throw new IllegalArgumentException(
            operation
                + ": shapes "
                + a
                + " and "
                + b
                + " do not broadcast: sizes "
                + sizeA
                + " and "
                + sizeB
                + " differ");
      }
      sizes[rank + axis] = sizeA == 1 ? sizeB : sizeA;
    }
    return Shape.of(sizes);
  }

  /** Whether an operand of shape {@code from} stretches to {@code to}. */
  static boolean stretches(Shape from, Shape to) {
    if (from.rank() > to.rank()) {
      return false;
    }
    for (int axis = -1; axis >= -from.rank(); axis--) {
      if (from.size(axis) != to.size(axis) && from.size(axis) != 1) {
        return false;
      }
    }
    return true;
  }

  private static long sizeOrOne(Shape shape, int axis) {
    return -axis <= shape.rank() ? shape.size(axis) : 1;
  }

  /**
   * The gradient of an operand of shape {@code to} from that of the stretched one: sums over the
   * stretched axes.
   */
  static NativeTensor sumTo(NativeTensor gradient, Shape to) {
    if (gradient.shape().equals(to)) {
      return gradient;
    }
    NativeTensor sum = Operands.wide(gradient);
    while (sum.rank() > to.rank()) {
      sum = ReduceOps.sumAxis(sum, 0, false);
    }
    for (int axis = 0; axis < to.rank(); axis++) {
      if (to.size(axis) == 1 && sum.size(axis) != 1) {
        sum = ReduceOps.sumAxis(sum, axis, true);
      }
    }
    return sum;
  }
}
