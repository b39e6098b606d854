package io.github.jaubert.tensor;

import io.github.jaubert.internal.memory.Allocator;
import io.github.jaubert.internal.memory.Backend;

/**
 * How much memory outside the Java heap tensors use, in bytes: on the CPU, or on a device that is
 * named.
 */
public final class Memory {
  private Memory() {}

  private static Allocator of(Device device) {
    return Backend.of(device.name()).allocator();
  }

  /** Bytes that live tensors use. */
  public static long live() {
    return of(Device.cpu()).live();
  }

  /** The same of a device. */
  public static long live(Device device) {
    return of(device).live();
  }

  /** The largest value of {@link #live} since the start or the last {@link #resetPeak}. */
  public static long peak() {
    return of(Device.cpu()).peak();
  }

  /** The same of a device. */
  public static long peak(Device device) {
    return of(device).peak();
  }

  /** Bytes that were freed and are kept for the next tensors. */
  public static long cached() {
    return of(Device.cpu()).cached();
  }

  /** The same of a device. */
  public static long cached(Device device) {
    return of(device).cached();
  }

  /**
   * Bytes that tensors on a device could still take: what nobody uses of its memory, and what is
   * cached. Of the CPU it is what the system or the container leaves, whichever is less, without
   * what the Java heap may come to take.
   */
  public static long available(Device device) {
    return Backend.of(device.name()).available();
  }

  /** Begins a new measurement of {@link #peak}. */
  public static void resetPeak() {
    of(Device.cpu()).resetPeak();
  }

  /** The same on a device. */
  public static void resetPeak(Device device) {
    of(device).resetPeak();
  }

  /** Gives the cached bytes back to the system. */
  public static void releaseCached() {
    of(Device.cpu()).releaseCached();
  }

  /** The same for a device. */
  public static void releaseCached(Device device) {
    of(device).releaseCached();
  }

  /**
   * Whether to remember, from now on, the line that made each tensor, for {@link #report}; costs
   * about a microsecond each.
   */
  public static void trace(boolean on) {
    of(Device.cpu()).trace(on);
    Backend.others().forEach(backend -> backend.allocator().trace(on));
  }

  /**
   * The figures above in words, and the lines that made the traced tensors that are alive, largest
   * first.
   */
  public static String report() {
    return of(Device.cpu()).report();
  }

  /** The same of a device. */
  public static String report(Device device) {
    return of(device).report();
  }
}
