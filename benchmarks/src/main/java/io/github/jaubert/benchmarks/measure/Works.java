package io.github.jaubert.benchmarks.measure;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Measures works one after the other and prints a {@link Measurement} each. */
public final class Works {
  /** Works shorter than this are repeated within one reading of the clock. */
  private static final double SHORTEST_READING = 1e-3;

  private static final int FEWEST_SAMPLES = 3;
  private static final int MOST_SAMPLES = 50;
  private static final double WARM_UP_SHARE = 0.25;

  /** Something to repeat, which may own memory. */
  @FunctionalInterface
  public interface Work extends AutoCloseable {
    /** Does it once. */
    void run();

    @Override
    default void close() {}
  }

  private final MeasureOptions options;
  private final String version;
  private final PrintStream out;

  /**
   * Prints to standard output.
   *
   * @param version name and version of what is measured
   */
  public Works(MeasureOptions options, String version) {
    this(options, version, System.out);
  }

  Works(MeasureOptions options, String version, PrintStream out) {
    this.options = options;
    this.version = version;
    this.out = out;
  }

  /**
   * The time of a work.
   *
   * @param unit {@code s}, {@code ms}, {@code us} or {@code ns}
   * @param flops of one call, 0 for none
   * @param bytes of one call, 0 for none
   * @param work makes the work; called only if it is asked for
   */
  public void time(String name, String unit, double flops, double bytes, Supplier<Work> work) {
    if (wants(name)) {
      double scale = perSecond(unit);
      List<Double> samples = seconds(work).stream().map(s -> s * scale).toList();
      print(name, unit, samples, flops, bytes);
    }
  }

  /**
   * How much a work gets done in a second.
   *
   * @param unit what is done, a second: {@code tokens/s}, {@code GF/s}, …
   * @param amount how much of it one call does
   */
  public void rate(
      String name, String unit, double amount, double flops, double bytes, Supplier<Work> work) {
    if (wants(name)) {
      List<Double> samples = seconds(work).stream().map(s -> amount / s).toList();
      print(name, unit, samples, flops, bytes);
    }
  }

  /** Something that was read once, not repeated. */
  public void tell(String name, String unit, double value) {
    if (wants(name)) {
      out.println(new Measurement(name, unit, value, List.of(), 0, 0, version).toJson());
    }
  }

  /** Whether the work is to be measured now; if only names are asked for, it is printed. */
  public boolean wants(String name) {
    boolean wanted = options.wants(name);
    if (wanted && options.list()) {
      out.println(name);
    }
    return wanted && !options.list();
  }

  /** Samples that were taken elsewhere. */
  public void print(String name, String unit, List<Double> samples, double flops, double bytes) {
    double value = Statistics.median(samples);
    out.println(new Measurement(name, unit, value, samples, flops, bytes, version).toJson());
    out.flush();
  }

  private List<Double> seconds(Supplier<Work> supplier) {
    try (Work work = supplier.get()) {
      return seconds(work, options.seconds());
    }
  }

  /** Seconds a call, after a warm-up of a quarter of the time. */
  static List<Double> seconds(Work work, double budget) {
    double once = clock(work, 1);
    double warm = once;
    while (warm < budget * WARM_UP_SHARE) {
      double again = clock(work, 1);
      warm += again;
      once = Math.min(once, again);
    }
    double reading = Math.max(SHORTEST_READING, budget / MOST_SAMPLES);
    int calls = (int) Math.max(1, Math.round(reading / Math.max(once, 1e-9)));
    List<Double> samples = new ArrayList<>();
    for (double spent = 0; spent < budget || samples.size() < FEWEST_SAMPLES; ) {
      double seconds = clock(work, calls);
      spent += seconds;
      samples.add(seconds / calls);
    }
    return samples;
  }

  private static double clock(Work work, int calls) {
    long begin = System.nanoTime();
    for (int i = 0; i < calls; i++) {
      work.run();
    }
    return (System.nanoTime() - begin) * 1e-9;
  }

  private static double perSecond(String unit) {
    return switch (unit) {
      case "s" -> 1;
      case "ms" -> 1e3;
      case "us" -> 1e6;
      case "ns" -> 1e9;
      default -> throw new IllegalArgumentException("a time in " + unit);
    };
  }
}
