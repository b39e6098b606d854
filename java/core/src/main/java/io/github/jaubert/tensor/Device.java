package io.github.jaubert.tensor;

import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.internal.engine.Backend;
import io.github.jaubert.internal.engine.Native;

/** Where tensors live and operations run. */
public final class Device {
  private static final Device CPU = new Device("cpu");

  private final String name;

  private Device(String name) {
    this.name = name;
  }

  /** The processor that runs this program. */
  public static Device cpu() {
    return CPU;
  }

  /** The fastest device there is; {@link #description} says which. */
  public static Device best() {
    return CPU;
  }

  /** As {@code cpu}. */
  public String name() {
    return name;
  }

  /**
   * The device in words: the instruction set of the kernels, the BLAS, and the number of threads.
   */
  public String description() {
    int threads = threads();
    return name
        + " ("
        + Kernels.jb_isa_name()
        + ", "
        + Kernels.jb_blas_name()
        + ", "
        + threads
        + (threads == 1 ? " thread)" : " threads)");
  }

  /** How many threads an operation uses at most. */
  public int threads() {
    return Kernels.jb_get_threads(Backend.cpu().context());
  }

  /**
   * Sets how many threads an operation uses at most, 0 for as many as the process may use. Results
   * do not depend on it.
   *
   * @return this device
   * @throws IllegalArgumentException if {@code threads} is negative
   */
  public Device threads(int threads) {
    Native.check(Kernels.jb_set_threads(Backend.cpu().context(), threads));
    return this;
  }

  @Override
  public String toString() {
    return name;
  }
}
