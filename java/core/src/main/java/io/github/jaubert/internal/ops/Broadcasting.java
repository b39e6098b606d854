package io.github.jaubert.internal.ops;

import io.github.jaubert.internal.engine.NativeTensor;
import io.github.jaubert.tensor.Shape;

/** NumPy's rule for operands of different shapes, and its gradient. */
final class Broadcasting {
  private Broadcasting() {}

  /**
   * The shape that all operands stretch to.
   *
   * @throws IllegalArgumentException naming the operation and the shapes if there is none
   */
  static Shape shape(String operation, Shape... shapes) {
    int rank = 0;
    for (Shape shape : shapes) {
      rank = Math.max(rank, shape.rank());
    }
    long[] sizes = new long[rank];
    java.util.Arrays.fill(sizes, 1);
    for (Shape shape : shapes) {
      int missing = rank - shape.rank();
      for (int i = 0; i < shape.rank(); i++) {
        long size = shape.size(i);
        if (size != 1 && sizes[missing + i] != 1 && size != sizes[missing + i]) {
          throw new IllegalArgumentException(
              operation
                  + ": shapes "
                  + list(shapes)
                  + " do not broadcast: sizes "
                  + sizes[missing + i]
                  + " and "
                  + size
                  + " differ");
        }
        if (size != 1) {
          sizes[missing + i] = size;
        }
      }
    }
    return Shape.of(sizes);
  }

  private static String list(Shape... shapes) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < shapes.length; i++) {
      text.append(i == 0 ? "" : i == shapes.length - 1 ? " and " : ", ").append(shapes[i]);
    }
    return text.toString();
  }

  /**
   * The strides that walk an operand of shape {@code from} along {@code to}; 0 along a stretched
   * axis.
   */
  static long[] strides(Shape from, Shape to) {
    long[] own = from.strides();
    long[] strides = new long[to.rank()];
    int missing = to.rank() - from.rank();
    for (int i = 0; i < own.length; i++) {
      strides[missing + i] = from.size(i) == 1 && to.size(missing + i) != 1 ? 0 : own[i];
    }
    return strides;
  }

  /**
   * The gradient of an operand of shape {@code to} from that of the stretched one: sums over the
   * stretched axes.
   */
  static NativeTensor sumTo(NativeTensor gradient, Shape to) {
    if (gradient.shape().equals(to)) {
      return gradient;
    }
    NativeTensor sum = gradient;
    while (sum.rank() > to.rank()) {
      sum = Reductions.sumAxis(sum, 0, false);
    }
    for (int axis = 0; axis < to.rank(); axis++) {
      if (to.size(axis) == 1 && sum.size(axis) != 1) {
        sum = Reductions.sumAxis(sum, axis, true);
      }
    }
    return sum;
  }
}
