package io.github.jaubert.internal.tape;

import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.internal.binding.Native;
import io.github.jaubert.tensor.DType;
import java.util.Arrays;

/** Copies of a tensor's elements, row by row, between the device and arrays of the Java heap. */
final class HostArrays {
  private HostArrays() {}

  static float item(NativeTensor tensor) {
    if (tensor.numel() != 1) {
      throw new IllegalArgumentException(
          "item: shape " + tensor.shape() + " holds " + tensor.numel() + " elements, not one");
    }
    return switch (tensor.dtype()) {
      case I32 -> ints(tensor)[0];
      case I64 -> longs(tensor)[0];
      case BOOL -> booleans(tensor)[0] ? 1 : 0;
      default -> floats(tensor)[0];
    };
  }

  static float[] floats(NativeTensor tensor) {
    return switch (tensor.dtype()) {
      case F32 -> {
        float[] host = new float[length(tensor)];
        Native.check(Kernels.jb_read_floats(tensor.context(), host, tensor.address(), host.length));
        yield host;
      }
      case BF16, F16 -> {
        NativeTensor wide = NativeTensor.engineOwned(tensor.backend(), DType.F32, tensor.shape());
        try {
          DeviceCopy.convert(wide, tensor);
          yield floats(wide);
        } finally {
          wide.close();
        }
      }
      default -> throw wrongType("toFloats", tensor, "a floating-point type");
    };
  }

  static int[] ints(NativeTensor tensor) {
    if (tensor.dtype() != DType.I32) {
      throw wrongType("toInts", tensor, "I32");
    }
    int[] host = new int[length(tensor)];
    Native.check(Kernels.jb_read_ints(tensor.context(), host, tensor.address(), host.length));
    return host;
  }

  static long[] longs(NativeTensor tensor) {
    if (tensor.dtype() == DType.I32) {
      return Arrays.stream(ints(tensor)).asLongStream().toArray();
    }
    if (tensor.dtype() != DType.I64) {
      throw wrongType("toLongs", tensor, "I64 or I32");
    }
    long[] host = new long[length(tensor)];
    Native.check(Kernels.jb_read_longs(tensor.context(), host, tensor.address(), host.length));
    return host;
  }

  static boolean[] booleans(NativeTensor tensor) {
    if (tensor.dtype() != DType.BOOL) {
      throw wrongType("toBooleans", tensor, "BOOL");
    }
    byte[] bytes = new byte[length(tensor)];
    Native.check(Kernels.jb_read_bytes(tensor.context(), bytes, tensor.address(), bytes.length));
    boolean[] host = new boolean[bytes.length];
    for (int i = 0; i < host.length; i++) {
      host[i] = bytes[i] != 0;
    }
    return host;
  }

  static void overwrite(NativeTensor tensor, float[] values) {
    requireFitting(tensor, DType.F32, values.length);
    tensor.touch();
    Native.check(
        Kernels.jb_write_floats(tensor.context(), tensor.address(), values, values.length));
  }

  static void overwrite(NativeTensor tensor, int[] values) {
    requireFitting(tensor, DType.I32, values.length);
    tensor.touch();
    Native.check(Kernels.jb_write_ints(tensor.context(), tensor.address(), values, values.length));
  }

  private static void requireFitting(NativeTensor tensor, DType dtype, int length) {
    if (length != tensor.numel()) {
      throw new IllegalArgumentException(
          "copyFrom: shape "
              + tensor.shape()
              + " has "
              + tensor.numel()
              + " elements, the array has "
              + length);
    }
    if (tensor.dtype() != dtype) {
      throw wrongType("copyFrom", tensor, dtype.toString());
    }
    tensor.backend().requireRunning("copyFrom: an array cannot be copied");
  }

  /** The elements as {@code 0.12, -0.5}. */
  static String text(NativeTensor tensor) {
    String list =
        switch (tensor.dtype()) {
          case I32 -> Arrays.toString(ints(tensor));
          case I64 -> Arrays.toString(longs(tensor));
          case BOOL -> Arrays.toString(booleans(tensor));
          default -> Arrays.toString(floats(tensor));
        };
    return list.substring(1, list.length() - 1);
  }

  private static int length(NativeTensor tensor) {
    tensor.requireOpen();
    tensor.backend().requireRunning(tensor.summary() + " has no values to be read");
    if (tensor.numel() > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          "shape " + tensor.shape() + " has more elements than a Java array can hold");
    }
    return (int) tensor.numel();
  }

  private static IllegalArgumentException wrongType(
      String operation, NativeTensor tensor, String expected) {
    return new IllegalArgumentException(
        operation + ": the tensor's type is " + tensor.dtype() + ", expected " + expected);
  }
}
