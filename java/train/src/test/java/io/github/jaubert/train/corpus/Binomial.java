package io.github.jaubert.train.corpus;

import static org.junit.jupiter.api.Assertions.assertTrue;

/** Says when a count is not what a chance gives: more than five standard deviations off. */
final class Binomial {
  private static final double DEVIATIONS = 5;

  private Binomial() {}

  static void check(String name, long hits, long trials, double chance) {
    double deviation = Math.sqrt(trials * chance * (1 - chance));
    double off = (hits - trials * chance) / deviation;
    assertTrue(
        Math.abs(off) <= DEVIATIONS,
        "%s: %d of %d, %.4f where %.4f is due: %.1f standard deviations"
            .formatted(name, hits, trials, (double) hits / trials, chance, off));
  }

  /** That all of some counts come from equal chances. */
  static void checkUniform(String name, long[] counts) {
    long trials = 0;
    for (long count : counts) {
      trials += count;
    }
    double mean = (double) trials / counts.length;
    double chiSquare = 0;
    for (long count : counts) {
      chiSquare += (count - mean) * (count - mean) / mean;
    }
    double freedom = counts.length - 1;
    double off = (chiSquare - freedom) / Math.sqrt(2 * freedom);
    // Wider above than a normal distribution, as chi-square is.
    assertTrue(
        off > -DEVIATIONS && off < DEVIATIONS + 2,
        "%s: chi-square %.0f for %.0f degrees, a mean of %.1f"
            .formatted(name, chiSquare, freedom, mean));
  }
}
