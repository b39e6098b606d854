package io.github.jaubert.internal.ops;

import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.internal.binding.Native;
import io.github.jaubert.internal.memory.Backend;
import io.github.jaubert.internal.tape.NativeTensor;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;

/** Tensors that are made from no other tensor. */
public final class CreationOps {
  private CreationOps() {}

  static NativeTensor allocate(DType dtype, Shape shape) {
    return NativeTensor.allocate(Backend.of(Device.defaultDevice().name()), dtype, shape);
  }

  /** Memory for an array of {@code length} values; no sizes mean one axis. */
  private static NativeTensor forArray(DType dtype, int length, long[] sizes) {
    Shape shape = sizes.length == 0 ? Shape.of(length) : Shape.of(sizes);
    if (shape.numel() != length) {
      throw new IllegalArgumentException(
          "of: shape " + shape + " has " + shape.numel() + " elements, the array has " + length);
    }
    Backend.of(Device.defaultDevice().name())
        .requireRunning("of: no tensor can be made of an array");
    return allocate(dtype, shape);
  }

  /** Single-precision numbers of an array. */
  public static Tensor of(float[] values, long... sizes) {
    NativeTensor y = forArray(DType.F32, values.length, sizes);
    Native.check(Kernels.jb_write_floats(y.context(), y.address(), values, values.length));
    return y;
  }

  /** 32-bit integers of an array. */
  public static Tensor of(int[] values, long... sizes) {
    NativeTensor y = forArray(DType.I32, values.length, sizes);
    Native.check(Kernels.jb_write_ints(y.context(), y.address(), values, values.length));
    return y;
  }

  /** 64-bit integers of an array. */
  public static Tensor of(long[] values, long... sizes) {
    NativeTensor y = forArray(DType.I64, values.length, sizes);
    Native.check(Kernels.jb_write_longs(y.context(), y.address(), values, values.length));
    return y;
  }

  /** Truth values of an array. */
  public static Tensor of(boolean[] values, long... sizes) {
    NativeTensor y = forArray(DType.BOOL, values.length, sizes);
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (values[i] ? 1 : 0);
    }
    Native.check(Kernels.jb_write_bytes(y.context(), y.address(), bytes, bytes.length));
    return y;
  }

  /** One value everywhere. */
  public static Tensor full(DType dtype, double value, Shape shape) {
    return filled(allocate(dtype, shape), value);
  }

  /** One value everywhere, on a device. */
  public static Tensor full(Backend backend, DType dtype, double value, Shape shape) {
    return filled(NativeTensor.allocate(backend, dtype, shape), value);
  }

  /** A single-precision number without axes on the device of an operand. */
  public static Tensor scalarBeside(Tensor operand, float value) {
    return full(NativeTensor.of(operand).backend(), DType.F32, value, Shape.SCALAR);
  }

  private static NativeTensor filled(NativeTensor y, double value) {
    Native.check(Kernels.jb_fill(y.context(), y.dtype().ordinal(), y.address(), y.numel(), value));
    return y;
  }

  /** 0 to n - 1. */
  public static Tensor arange(long n) {
    return counted(allocate(DType.I64, Shape.of(n)), n);
  }

  /** 0 to n - 1 on the device of an operand. */
  static NativeTensor arangeBeside(NativeTensor operand, long n) {
    return counted(operand.allocateLike(DType.I64, Shape.of(n)), n);
  }

  private static NativeTensor counted(NativeTensor y, long n) {
    Native.check(Kernels.jb_arange(y.context(), DType.I64.ordinal(), y.address(), n, 0, 1));
    return y;
  }

  /** The identity matrix. */
  public static Tensor eye(long n) {
    NativeTensor y = (NativeTensor) full(DType.F32, 0, Shape.of(n, n));
    NativeTensor one = (NativeTensor) full(DType.F32, 1, Shape.SCALAR);
    Walk diagonal = Walk.over(Shape.of(n));
    Native.check(
        Kernels.jb_strided_copy(
            y.context(),
            DType.F32.ordinal(),
            y.address(),
            one.address(),
            diagonal.rank(),
            diagonal.sizes(),
            diagonal.strides(new long[] {n + 1}),
            diagonal.stretched(one.shape()),
            0));
    one.close();
    return y;
  }
}
