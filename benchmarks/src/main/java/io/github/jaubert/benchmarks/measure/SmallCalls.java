package io.github.jaubert.benchmarks.measure;

import java.util.List;
import java.util.function.Function;

/** What a call costs when there is almost nothing to compute: its time, and its garbage. */
public final class SmallCalls {
  private SmallCalls() {}

  /** Makes the operands of a call, has it measured, and frees them. */
  @FunctionalInterface
  public interface Setting {
    /** What {@code measure} makes of the call. */
    double[] apply(Function<Runnable, double[]> measure);
  }

  /** Two works: {@code name} in microseconds, and {@code name: garbage} in bytes of Java's heap. */
  public static List<Work> works(String name, Setting setting) {
    return List.of(
        new Work(
            name,
            "us",
            0,
            0,
            seconds -> setting.apply(call -> Timing.times(Timing.repeat(call, seconds), 1e6))),
        new Work(
            name + ": garbage",
            "bytes/call",
            0,
            0,
            seconds -> setting.apply(call -> AllocatedBytes.sample(call, seconds))));
  }
}
