package io.github.jaubert.benchmarks.measure;

/**
 * One thing that is measured.
 *
 * @param name the key that pairs a program's work with a peer's, as {@code attention forward d64
 *     S128}
 * @param unit of the samples: {@code ms}, {@code us}, {@code GF/s}, {@code GB/s}, {@code
 *     bytes/call}
 * @param flops floating-point operations of one call, 0 where that has no meaning
 * @param bytes what one call must read and write once, 0 where that has no meaning
 * @param sampler makes the inputs, measures, and frees them
 */
public record Work(String name, String unit, double flops, double bytes, Sampler sampler) {
  /** Measures one work. */
  @FunctionalInterface
  public interface Sampler {
    /**
     * Samples in the work's unit, taken over about {@code seconds}; none if this cannot be measured
     * here, and standard error says why.
     */
    double[] sample(double seconds);
  }

  /** A work without FLOPs and bytes. */
  public static Work of(String name, String unit, Sampler sampler) {
    return new Work(name, unit, 0, 0, sampler);
  }

  /** The same in GF/s instead of milliseconds. */
  public Work asRate() {
    Sampler rate = time -> Timing.rate(sampler.sample(time), flops / 1e6);
    return new Work(name, "GF/s", flops, bytes, rate);
  }

  /** A work of milliseconds, by a sampler that gives seconds. */
  public static Work timed(String name, double flops, double bytes, Sampler sampler) {
    return new Work(name, "ms", flops, bytes, time -> Timing.times(sampler.sample(time), 1e3));
  }
}
