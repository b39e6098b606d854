package io.github.jaubert.cuda;

import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.internal.binding.Native;
import io.github.jaubert.internal.device.DeviceGraphs;
import io.github.jaubert.internal.device.OpenDevice;

/** One GPU with a stream and a cuBLAS handle of its own. */
final class CudaDevice implements OpenDevice {
  private final int index;
  private final long context;
  private final String description;
  private final String arithmetic;

  private CudaDevice(int index, long context, String description, String arithmetic) {
    this.index = index;
    this.context = context;
    this.description = description;
    this.arithmetic = arithmetic;
  }

  /** Opens a GPU that meets the {@link Requirements}. */
  static CudaDevice open(Findings findings, int index) {
    long context = Cuda.jb_cuda_context_create(index);
    if (context == 0) {
      throw new IllegalStateException("cuda:" + index + ": " + Kernels.jb_last_error());
    }
    Gpu gpu = findings.gpus().get(index);
    if (findings.emulated()) { // which multiplies matrices itself
      return new CudaDevice(index, context, gpu.description(), gpu.processor());
    }
    try {
      String blas = CuBlas.attach(context, findings.toolkit());
      return new CudaDevice(
          index,
          context,
          "%s, driver for CUDA %s, cuBLAS %s"
              .formatted(gpu.description(), Requirements.version(findings.driver()), blas),
          gpu.processor() + ", cuBLAS " + blas + (CuBlas.allowsTf32() ? " with TF32" : ""));
    } catch (RuntimeException | LinkageError e) {
      Kernels.jb_context_destroy(context);
      throw new IllegalStateException("cuda:" + index + ": " + e.getMessage(), e);
    }
  }

  @Override
  public long context() {
    return context;
  }

  @Override
  public String description() {
    return description;
  }

  /**
   * With the multiprocessors, by whose number cuBLAS chooses how to cut a product, and TF32 where
   * it is allowed. Without the memory, on which nothing depends, and the driver, which most often
   * only loads the kernels: to name it would end what a run can go on from with every update.
   */
  @Override
  public String arithmetic() {
    return arithmetic;
  }

  /** By tensor cores, which every GPU has that the kernels are built for. */
  @Override
  public boolean isFastInBf16() {
    return true;
  }

  @Override
  public long freeMemory() {
    long[] free = new long[1];
    Native.check(Cuda.jb_cuda_device(index, null, null, null, null, free));
    return free[0];
  }

  @Override
  public DeviceGraphs graphs() {
    return new CudaGraphs(context);
  }

  @Override
  public void synchronize() {
    Native.check(Cuda.jb_cuda_synchronize(context));
  }

  /** By two events on the stream. */
  @Override
  public double seconds(Runnable work) {
    long begin = event();
    long end = event();
    try {
      Native.check(Cuda.jb_cuda_event_record(context, begin));
      work.run();
      Native.check(Cuda.jb_cuda_event_record(context, end));
      float[] milliseconds = new float[1];
      Native.check(Cuda.jb_cuda_event_elapsed(context, milliseconds, begin, end));
      return milliseconds[0] * 1e-3;
    } finally {
      Cuda.jb_cuda_event_destroy(context, begin);
      Cuda.jb_cuda_event_destroy(context, end);
    }
  }

  private long event() {
    long event = Cuda.jb_cuda_event_create(context);
    if (event == 0) {
      throw new IllegalStateException(Native.lastError());
    }
    return event;
  }
}
