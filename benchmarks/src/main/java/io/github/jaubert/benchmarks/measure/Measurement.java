package io.github.jaubert.benchmarks.measure;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What a program measured of one work. Printed as a line of JSON:
 *
 * <pre>{@code
 * {"work":"attention forward d64 S128","unit":"ms","value":1.23,"samples":[1.25,1.22,1.23],"flops":1.2e9,"peer":"PyTorch 2.13.0"}
 * }</pre>
 *
 * @param work the name that pairs our figure with a peer's
 * @param unit of the value: ms, us, tokens/s, sentences/s, GB/s, GF/s, MB, bytes/call, …
 * @param value the median of the samples
 * @param samples in the order they were taken; empty if there was one
 * @param flops floating-point operations of one call; 0 where that has no meaning
 * @param bytes what one call must read and write at least; 0 where that has no meaning
 * @param peer who computed, with versions
 */
public record Measurement(
    String work,
    String unit,
    double value,
    double[] samples,
    double flops,
    double bytes,
    String peer) {
  /**
   * Checks that there are a name, a unit and a value.
   *
   * @throws IllegalArgumentException if one is missing
   */
  public Measurement {
    if (work.isBlank() || unit.isEmpty() || !Double.isFinite(value)) {
      throw new IllegalArgumentException(
          "a measurement needs work, unit and a finite value: work %s, unit %s, value %s"
              .formatted(work, unit, value));
    }
  }

  /** The samples of a work, at least one. */
  static Measurement of(Work work, double[] samples, String peer) {
    return new Measurement(
        work.name(), work.unit(), median(samples), samples, work.flops(), work.bytes(), peer);
  }

  /**
   * The middle one, or the mean of the two in the middle.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static double median(double... values) {
    if (values.length == 0) {
      throw new IllegalArgumentException("the median of no values");
    }
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
  }

  /** One line of JSON. FLOPs and bytes are left out where they have no meaning. */
  public String json() {
    return "{\"work\":%s,\"unit\":%s,\"value\":%s,\"samples\":%s%s%s,\"peer\":%s}"
        .formatted(
            quoted(work),
            quoted(unit),
            number(value),
            Arrays.stream(samples)
                .mapToObj(Measurement::number)
                .collect(Collectors.joining(",", "[", "]")),
            flops > 0 ? ",\"flops\":" + number(flops) : "",
            bytes > 0 ? ",\"bytes\":" + number(bytes) : "",
            quoted(peer));
  }

  /** Six significant digits; whole numbers in full. */
  private static String number(double value) {
    boolean whole = value == Math.rint(value) && Math.abs(value) < 1e15;
    return whole ? Long.toString((long) value) : String.format(Locale.ROOT, "%.6g", value);
  }

  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
