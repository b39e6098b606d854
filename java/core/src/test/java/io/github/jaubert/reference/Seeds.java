package io.github.jaubert.reference;

import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * Fresh random numbers for every run of the tests. The seed is printed; {@code -Djaubert.seed=…}
 * repeats a run.
 */
public final class Seeds {
  /** The seed of this run. */
  public static final long SEED =
      Long.getLong("jaubert.seed", System.nanoTime() ^ ProcessHandle.current().pid() << 40);

  static {
    System.out.println("tests draw from -Djaubert.seed=" + SEED);
  }

  private Seeds() {}

  /** A source that depends on the run and on what it is for, not on the order of the tests. */
  public static RandomGenerator random(String purpose) {
    return RandomGeneratorFactory.of("L64X128MixRandom").create(seed(purpose));
  }

  /** A seed likewise. */
  public static long seed(String purpose) {
    return SEED * 31 + purpose.hashCode() * 0x9E3779B97F4A7C15L;
  }
}
