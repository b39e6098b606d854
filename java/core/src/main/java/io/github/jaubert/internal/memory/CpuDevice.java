package io.github.jaubert.internal.memory;

import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.internal.binding.Native;
import io.github.jaubert.internal.binding.NativeLibrary;
import io.github.jaubert.internal.device.OpenDevice;
import java.nio.file.Path;

/** The processor that runs this program. */
record CpuDevice(long context) implements OpenDevice {
  /** Loads the native library. */
  static CpuDevice open() {
    NativeLibrary.load();
    long context = Kernels.jb_context_create(0);
    if (context == 0) {
      throw new IllegalStateException("the CPU backend cannot start: " + Native.lastError());
    }
    return new CpuDevice(context);
  }

  /** The instruction set of the kernels, the BLAS, and the number of threads. */
  @Override
  public String description() {
    int threads = Kernels.jb_get_threads(context);
    return arithmetic() + ", " + threads + (threads == 1 ? " thread" : " threads");
  }

  /** Without the number of threads, on which no result depends. */
  @Override
  public String arithmetic() {
    return Kernels.jb_isa_name() + ", " + Kernels.jb_blas_name();
  }

  @Override
  public boolean isFastInBf16() {
    return Kernels.jb_bfloat16_is_fast() != 0;
  }

  /** What the system and the container still have, without what the Java heap may come to take. */
  @Override
  public long freeMemory() {
    Runtime heap = Runtime.getRuntime();
    long available = SystemMemory.available(Path.of("/"));
    return Math.max(0, available - (heap.maxMemory() - heap.totalMemory()));
  }

  /** Every operation of the CPU has ended when its call returns. */
  @Override
  public void synchronize() {}
}
