package io.github.jaubert.internal.ops;

import static io.github.jaubert.internal.ops.Operands.list;

import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.internal.binding.Native;
import io.github.jaubert.internal.tape.NativeTensor;
import io.github.jaubert.internal.tape.Tape;
import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;
import java.util.Arrays;

/**
 * Other shapes of the same elements: views where the memory already has the order, strided copies
 * where not.
 */
public final class ShapeOps {
  private ShapeOps() {}

  // ---- views ----

  /** The same memory in another shape of as many elements, recorded. */
  static NativeTensor view(NativeTensor x, Shape shape) {
    NativeTensor y = x.view(0, shape);
    if (!Tape.records(x)) {
      return y;
    }
    Shape original = x.shape();
    Tape.record(
        "reshape",
        y,
        list(x),
        list(),
        (dy, saved, gradients) -> gradients.add(0, dy.view(0, original)));
    return y;
  }

  /** Another shape; one size may be -1. */
  public static Tensor reshape(Tensor operand, long... sizes) {
    NativeTensor x = NativeTensor.of(operand);
    long[] resolved = sizes.clone();
    int unknown = -1;
    long known = 1;
    for (int i = 0; i < sizes.length; i++) {
      if (sizes[i] == -1 && unknown < 0) {
        unknown = i;
      } else {
        known *= sizes[i];
      }
    }
    if (unknown >= 0 && known > 0 && x.numel() % known == 0) {
      resolved[unknown] = x.numel() / known;
    }
    boolean fits =
        Arrays.stream(resolved).allMatch(size -> size >= 0)
            && Shape.of(resolved).numel() == x.numel();
    if (!fits) {
      throw new IllegalArgumentException(
          "reshape: shape "
              + x.shape()
              + " with "
              + x.numel()
              + " elements does not fit "
              + Arrays.toString(sizes));
    }
    return view(x, Shape.of(resolved));
  }

  /** One axis. */
  public static Tensor flatten(Tensor operand) {
    NativeTensor x = NativeTensor.of(operand);
    return view(x, Shape.of(x.numel()));
  }

  /** A new axis of size 1; {@code axis} may be one past the last. */
  public static Tensor unsqueeze(Tensor operand, int axis) {
    NativeTensor x = NativeTensor.of(operand);
    int rank = x.rank() + 1;
    int at = axis < 0 ? axis + rank : axis;
    if (at < 0 || at >= rank) {
      throw new IllegalArgumentException(
          "unsqueeze: shape " + x.shape() + " has no place for axis " + axis);
    }
    long[] sizes = new long[rank];
    for (int i = 0, j = 0; i < rank; i++) {
      sizes[i] = i == at ? 1 : x.size(j++);
    }
    return view(x, Shape.of(sizes));
  }

  /** Without an axis of size 1. */
  public static Tensor squeeze(Tensor operand, int axis) {
    NativeTensor x = NativeTensor.of(operand);
    if (x.size(axis) != 1) {
      throw new IllegalArgumentException(
          "squeeze: axis " + axis + " of shape " + x.shape() + " does not have size 1");
    }
    return view(x, x.shape().without(axis));
  }

  // ---- copies ----

  /** The elements of {@code shape} of x, from {@code xStart} on, to y, from {@code yStart} on. */
  private static void copy(
      NativeTensor y,
      long yStart,
      long[] yStrides,
      NativeTensor x,
      long xStart,
      long[] xStrides,
      Shape shape) {
    int bytes = x.dtype().bytes();
    Walk walk = Walk.over(shape);
    copy(
        walk,
        y.address() + yStart * bytes,
        walk.strides(yStrides),
        x,
        x.address() + xStart * bytes,
        walk.strides(xStrides));
  }

  private static void copy(
      Walk walk, long to, long toStrides, NativeTensor x, long from, long fromStrides) {
    Native.check(
        Kernels.jb_strided_copy(
            x.context(),
            x.dtype().ordinal(),
            to,
            from,
            walk.rank(),
            walk.sizes(),
            toStrides,
            fromStrides,
            0));
  }

  /** Axes of size 1 repeated. */
  public static Tensor expand(Tensor operand, Shape shape) {
    NativeTensor x = NativeTensor.of(operand);
    if (x.shape().equals(shape)) {
      return x;
    }
    if (!Broadcasting.stretches(x.shape(), shape)) {
      throw new IllegalArgumentException(
          "expand: shape " + x.shape() + " does not stretch to " + shape);
    }
    NativeTensor y = x.allocateLike(x.dtype(), shape);
    Walk walk = Walk.over(shape);
    copy(
        walk,
        y.address(),
        walk.strides(shape.strides()),
        x,
        x.address(),
        walk.stretched(x.shape()));
    Shape original = x.shape();
    Tape.record(
        "expand",
        y,
        list(x),
        list(),
        (dy, saved, gradients) -> gradients.add(0, Broadcasting.sumTo(dy, original)));
    return y;
  }

  /** Axis i of the result is axis {@code axes[i]}. */
  public static Tensor permute(Tensor operand, int... axes) {
    NativeTensor x = NativeTensor.of(operand);
    int rank = x.rank();
    int[] inverse = new int[rank];
    Arrays.fill(inverse, -1);
    boolean valid = axes.length == rank;
    for (int i = 0; valid && i < rank; i++) {
      int axis = axes[i] < 0 ? axes[i] + rank : axes[i];
      valid = axis >= 0 && axis < rank && inverse[axis] < 0;
      if (valid) {
        inverse[axis] = i;
      }
    }
    if (!valid) {
      throw new IllegalArgumentException(
          "permute: "
              + Arrays.toString(axes)
              + " does not name each axis of shape "
              + x.shape()
              + " once");
    }
    long[] strides = x.shape().strides();
    long[] sizes = new long[rank];
    long[] sourceStrides = new long[rank];
    for (int i = 0; i < rank; i++) {
      sizes[inverse[i]] = x.size(i);
      sourceStrides[inverse[i]] = strides[i];
    }
    Shape shape = Shape.of(sizes);
    NativeTensor y = x.allocateLike(x.dtype(), shape);
    copy(y, 0, shape.strides(), x, 0, sourceStrides, shape);
    Tape.record(
        "permute",
        y,
        list(x),
        list(),
        (dy, saved, gradients) -> gradients.add(0, (NativeTensor) permute(dy, inverse)));
    return y;
  }

  /** Two axes exchanged. */
  public static Tensor transpose(Tensor x, int axis1, int axis2) {
    int[] axes = new int[x.rank()];
    for (int i = 0; i < axes.length; i++) {
      axes[i] = i;
    }
    int first = x.shape().axis(axis1);
    int second = x.shape().axis(axis2);
    axes[first] = second;
    axes[second] = first;
    return permute(x, axes);
  }

  /** The transpose of a matrix. */
  public static Tensor transposeMatrix(Tensor x) {
    if (x.rank() != 2) {
      throw new IllegalArgumentException("t: shape " + x.shape() + " is not a matrix");
    }
    return permute(x, 1, 0);
  }

  /** Entries {@code start} to {@code start + length - 1} of an axis. */
  public static Tensor narrow(Tensor operand, int axis, long start, long length) {
    NativeTensor x = NativeTensor.of(operand);
    Shape original = x.shape();
    int at = original.axis(axis);
    if (start < 0 || length < 0 || start > original.size(at) - length) {
      throw new IllegalArgumentException(
          "narrow: "
              + length
              + " entries from "
              + start
              + " are outside axis "
              + axis
              + " of shape "
              + original);
    }
    Shape shape = original.with(at, length);
    long first = start * original.strides()[at];
    NativeTensor y;
    if (at == 0) {
      y = x.view(first, shape);
    } else {
      y = x.allocateLike(x.dtype(), shape);
      copy(y, 0, shape.strides(), x, first, original.strides(), shape);
    }
    Tape.record(
        "narrow",
        y,
        list(x),
        list(),
        (dy, saved, gradients) -> {
          NativeTensor dx = (NativeTensor) CreationOps.full(dy.backend(), dy.dtype(), 0, original);
          copy(dx, first, original.strides(), dy, 0, shape.strides(), shape);
          gradients.add(0, dx);
        });
    return y;
  }

  /** One after another along an axis. */
  public static Tensor concat(int axis, Tensor... parts) {
    if (parts.length == 0) {
      throw new IllegalArgumentException("concat: there are no tensors");
    }
    NativeTensor[] inputs = Arrays.stream(parts).map(NativeTensor::of).toArray(NativeTensor[]::new);
    Shape first = inputs[0].shape();
    int at = first.axis(axis);
    long total = 0;
    long[] starts = new long[inputs.length];
    for (int i = 0; i < inputs.length; i++) {
      Shape shape = inputs[i].shape();
      if (shape.rank() != first.rank() || !shape.with(at, first.size(at)).equals(first)) {
        throw new IllegalArgumentException(
            "concat: tensor "
                + i
                + " has shape "
                + shape
                + ", which differs from "
                + first
                + " outside axis "
                + axis);
      }
      if (inputs[i].dtype() != inputs[0].dtype()) {
        throw new IllegalArgumentException(
            "concat: tensor "
                + i
                + " is "
                + inputs[i].summary()
                + ", the first is "
                + inputs[0].summary());
      }
      Operands.requireOneDevice("concat", inputs[0], inputs[i]);
      starts[i] = total;
      total += shape.size(at);
    }
    Shape shape = first.with(at, total);
    long stride = shape.strides()[at];
    NativeTensor y = inputs[0].allocateLike(inputs[0].dtype(), shape);
    Shape[] shapes = new Shape[inputs.length];
    for (int i = 0; i < inputs.length; i++) {
      shapes[i] = inputs[i].shape();
      copy(y, starts[i] * stride, shape.strides(), inputs[i], 0, shapes[i].strides(), shapes[i]);
    }
    Tape.record(
        "concat",
        y,
        inputs,
        list(),
        (dy, saved, gradients) -> {
          for (int i = 0; i < shapes.length; i++) {
            if (gradients.needs(i)) {
              gradients.add(i, (NativeTensor) narrow(dy, at, starts[i], shapes[i].size(at)));
            }
          }
        });
    return y;
  }

  /** Side by side along a new axis. */
  public static Tensor stack(int axis, Tensor... parts) {
    return concat(
        axis, Arrays.stream(parts).map(part -> unsqueeze(part, axis)).toArray(Tensor[]::new));
  }
}
