package io.github.jaubert.internal.tape;

import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.internal.binding.Native;

/** Copies of whole tensors, also from one device to another or into another type. */
public final class DeviceCopy {
  /** The largest part that passes through the Java heap at once. */
  private static final int PART_BYTES = 4 << 20;

  private DeviceCopy() {}

  /** Overwrites y, which has the type and the number of elements of x. */
  public static void copy(NativeTensor y, NativeTensor x) {
    long bytes = x.numel() * x.dtype().bytes();
    if (y.backend() == x.backend()) {
      Native.check(Kernels.jb_copy(y.context(), y.address(), x.address(), bytes));
      return;
    }
    for (NativeTensor one : new NativeTensor[] {x, y}) {
      one.backend().requireRunning(one.summary() + " cannot be moved");
    }
    byte[] part = new byte[(int) Math.min(bytes, PART_BYTES)];
    for (long start = 0; start < bytes; start += part.length) {
      long length = Math.min(part.length, bytes - start);
      Native.check(Kernels.jb_read_bytes(x.context(), part, x.address() + start, length));
      Native.check(Kernels.jb_write_bytes(y.context(), y.address() + start, part, length));
    }
  }

  /** Overwrites y, which has the device and the number of elements of x, and any type. */
  public static void convert(NativeTensor y, NativeTensor x) {
    Native.check(
        Kernels.jb_cast(
            y.context(),
            y.address(),
            y.dtype().ordinal(),
            x.address(),
            x.dtype().ordinal(),
            x.numel()));
  }
}
