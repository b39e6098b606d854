package io.github.jaubert.tensor;

import io.github.jaubert.internal.engine.Allocator;
import io.github.jaubert.internal.engine.Backend;

/** How much memory outside the Java heap tensors use on the CPU, in bytes. */
public final class Memory {
  private Memory() {}

  private static Allocator cpu() {
    return Backend.cpu().allocator();
  }

  /** Bytes that live tensors use. */
  public static long live() {
    return cpu().live();
  }

  /** The largest value of {@link #live} since the start or the last {@link #resetPeak}. */
  public static long peak() {
    return cpu().peak();
  }

  /** Bytes that were freed and are kept for the next tensors. */
  public static long cached() {
    return cpu().cached();
  }

  /** Begins a new measurement of {@link #peak}. */
  public static void resetPeak() {
    cpu().resetPeak();
  }

  /** Gives the cached bytes back to the system. */
  public static void releaseCached() {
    cpu().releaseCached();
  }

  /**
   * Whether to remember, from now on, the line that made each tensor, for {@link #report}; costs
   * about a microsecond each.
   */
  public static void trace(boolean on) {
    cpu().trace(on);
  }

  /**
   * The figures above in words, and the lines that made the traced tensors that are alive, largest
   * first.
   */
  public static String report() {
    return cpu().report();
  }
}
