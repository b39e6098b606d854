package io.github.jaubert.benchmarks.measure;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * A work and the samples that were taken of it.
 *
 * @param samples in the unit of the work, in the order they were taken; not empty
 * @param program who computed, with versions: {@code Jaubert …}, {@code PyTorch 2.13.0}
 */
public record Measurement(Work work, double[] samples, String program) {
  /** Samples are required. */
  public Measurement {
    if (samples.length == 0) {
      throw new IllegalArgumentException(work.name() + ": no samples");
    }
  }

  /** The median of the samples. */
  public double median() {
    return median(samples);
  }

  /** The median of at least one number. */
  public static double median(double... values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int n = sorted.length;
    return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
  }

  /** One line of JSON. FLOPs and bytes are left out where they have no meaning. */
  public String json() {
    StringBuilder line = new StringBuilder();
    line.append("{\"work\":").append(quoted(work.name()));
    line.append(",\"unit\":").append(quoted(work.unit()));
    line.append(",\"value\":").append(number(median()));
    line.append(",\"samples\":");
    line.append(
        Arrays.stream(samples)
            .mapToObj(Measurement::number)
            .collect(Collectors.joining(",", "[", "]")));
    if (work.flops() > 0) {
      line.append(",\"flops\":").append(number(work.flops()));
    }
    if (work.bytes() > 0) {
      line.append(",\"bytes\":").append(number(work.bytes()));
    }
    return line.append(",\"peer\":").append(quoted(program)).append('}').toString();
  }

  /** Six significant digits; whole numbers in full. */
  private static String number(double value) {
    if (value == Math.rint(value) && Math.abs(value) < 1e15) {
      return Long.toString((long) value);
    }
    return String.format(Locale.ROOT, "%.6g", value);
  }

  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
