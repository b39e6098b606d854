package io.github.jaubert.reference;

import java.util.SplittableRandom;

/**
 * What an implementation that rounds does to a reference: numbers that it keeps on the way are off
 * by one rounding each, up or down. The errors are the same relative ones however often the
 * reference runs, so that it stays a smooth function of its operands.
 */
public final class RoundingErrors {
  /** Of a reference that does not round. */
  public static final RoundingErrors NONE = new RoundingErrors(0, 0);

  private final double unit;
  private final long seed;
  private SplittableRandom random;

  private RoundingErrors(double unit, long seed) {
    this.unit = unit;
    this.seed = seed;
  }

  /** Errors of single precision: half the distance of neighbouring numbers, relative to them. */
  public static RoundingErrors ofFloat32(long seed) {
    return new RoundingErrors(0x1p-24, seed);
  }

  /** To be called when the reference begins. */
  public RoundingErrors begin() {
    random = new SplittableRandom(seed);
    return this;
  }

  /** A number after rounding. */
  public double of(double value) {
    return unit == 0 ? value : value * (1 + (random.nextBoolean() ? unit : -unit));
  }

  /** Numbers after rounding. */
  public NdArray of(NdArray values) {
    return unit == 0 ? values : values.map(this::of);
  }
}
