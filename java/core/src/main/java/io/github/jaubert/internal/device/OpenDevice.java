package io.github.jaubert.internal.device;

/** A device that operations can run on. */
public interface OpenDevice {
  /** The {@code jb_ctx} to hand to every kernel. */
  long context();

  /** The device in words, without its name. */
  String description();

  /** What the bits of its results depend on, in words; see {@code Device.arithmetic}. */
  default String arithmetic() {
    return description();
  }

  /** Whether layers take less time in BF16 than in F32. */
  boolean isFastInBf16();

  /** Bytes of the device's memory that nobody uses. */
  long freeMemory();

  /** Graphs, or null if the device has none. */
  default DeviceGraphs graphs() {
    return null;
  }

  /** Waits for all that was begun on the device, and throws what went wrong with it. */
  void synchronize();

  /** Does work, waits for it, and gives the seconds that it took on the device. */
  default double seconds(Runnable work) {
    synchronize();
    long start = System.nanoTime();
    work.run();
    synchronize();
    return (System.nanoTime() - start) * 1e-9;
  }
}
