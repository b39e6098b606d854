package io.github.jaubert.measure.statistics;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * A discrete power law, p(x) ~ x^-alpha for x from xmin on, fitted to counts (Clauset, Shalizi and
 * Newman 2009): alpha by maximum likelihood, xmin where the distance of Kolmogorov and Smirnov is
 * least.
 *
 * @param alpha the exponent
 * @param xmin the least count that the law is fitted to
 * @param tail how many counts are no less
 * @param distance the largest difference of the two distributions of those
 */
public record PowerLaw(double alpha, long xmin, int tail, double distance) {
  /** A law of fewer counts says nothing. */
  public static final int FEWEST = 50;

  private static final double STEP = 1e-4;

  /** Different counts in order, how many there are of each and from each on. */
  private record Counts(long[] values, int[] from, double[] logs) {
    static Counts of(long[] sorted) {
      long[] values = Arrays.stream(sorted).distinct().toArray();
      int[] from = new int[values.length + 1];
      double[] logs = new double[values.length + 1]; // sums over the counts from each on
      for (int i = values.length - 1, at = sorted.length - 1; i >= 0; i--) {
        int many = 0;
        for (; at >= 0 && sorted[at] == values[i]; at--) {
          many++;
        }
        from[i] = from[i + 1] + many;
        logs[i] = logs[i + 1] + many * Math.log(values[i]);
      }
      return new Counts(values, from, logs);
    }
  }

  /**
   * Fits a law.
   *
   * @param counts at least 1 each, in any order
   * @return null if there are fewer than {@link #FEWEST} or they are all the same
   */
  public static PowerLaw fit(long[] counts) {
    long[] sorted = counts.clone();
    Arrays.sort(sorted);
    return fit(Counts.of(sorted));
  }

  private static PowerLaw fit(Counts counts) {
    PowerLaw best = null;
    double alpha = 2;
    for (int i = 0; i < counts.values().length - 1 && counts.from()[i] >= FEWEST; i++) {
      alpha = exponent(counts, i, alpha);
      double distance = distance(counts, i, alpha);
      if (best == null || distance < best.distance) {
        best = new PowerLaw(alpha, counts.values()[i], counts.from()[i], distance);
      }
    }
    return best;
  }

  /** The exponent of the counts from the i-th on: where the slope of the likelihood is 0. */
  private static double exponent(Counts counts, int i, double guess) {
    double mean = counts.logs()[i] / counts.from()[i];
    double xmin = counts.values()[i];
    double alpha = guess;
    for (int round = 0; round < 60; round++) {
      double here = Math.log(Zeta.of(alpha, xmin));
      double above = Math.log(Zeta.of(alpha + STEP, xmin));
      double below = Math.log(Zeta.of(alpha - STEP, xmin));
      double slope = (above - below) / (2 * STEP) + mean;
      double curve = (above - 2 * here + below) / (STEP * STEP);
      double step = Math.max(-0.5, Math.min(0.5, slope / Math.max(curve, 1e-12)));
      double next = Math.max(1 + 10 * STEP, Math.min(20, alpha - step));
      if (Math.abs(next - alpha) < 1e-9) {
        return next;
      }
      alpha = next;
    }
    return alpha;
  }

  /** At each count, and just before the next one, where the law has gone on and the data not. */
  private static double distance(Counts counts, int first, double alpha) {
    long[] values = counts.values();
    double all = Zeta.of(alpha, values[first]);
    double most = 0;
    for (int i = first; i < values.length; i++) {
      double below = 1 - (double) counts.from()[i] / counts.from()[first];
      double upTo = 1 - (double) counts.from()[i + 1] / counts.from()[first];
      double lawBelow = 1 - Zeta.of(alpha, values[i]) / all;
      double lawUpTo = 1 - Zeta.of(alpha, values[i] + 1.0) / all;
      most = Math.max(most, Math.max(Math.abs(below - lawBelow), Math.abs(upTo - lawUpTo)));
    }
    return most;
  }

  /**
   * How often data that are of the law are at least as far from the law that is fitted to them as
   * these counts are from it: at 0.1 or less the law is not plausible. Below xmin counts are drawn
   * from the data.
   *
   * @param counts those that it was fitted to
   * @param rounds how many sets of data are drawn; the result is right to about 1 / (2 √rounds)
   * @param seed the same result for the same seed, for any number of threads
   */
  public double plausibility(long[] counts, int rounds, long seed) {
    long[] body = Arrays.stream(counts).filter(count -> count < xmin).toArray();
    long farther =
        IntStream.range(0, rounds)
            .parallel()
            .filter(
                round -> {
                  SplittableRandom random = new SplittableRandom(seed + round);
                  PowerLaw fitted = fit(drawn(body, counts.length, random));
                  return fitted != null && fitted.distance >= distance;
                })
            .count();
    return (double) farther / rounds;
  }

  private long[] drawn(long[] body, int size, SplittableRandom random) {
    double all = Zeta.of(alpha, xmin);
    double share = (double) tail / size;
    long[] drawn = new long[size];
    for (int i = 0; i < size; i++) {
      drawn[i] =
          body.length == 0 || random.nextDouble() < share
              ? draw(all, random)
              : body[random.nextInt(body.length)];
    }
    return drawn;
  }

  /** The largest x of which the law has no less than a random share at or above it. */
  private long draw(double all, SplittableRandom random) {
    double least = (1 - random.nextDouble()) * all;
    long low = xmin;
    long high = 2 * xmin;
    while (high < 1L << 50 && Zeta.of(alpha, high) >= least) {
      low = high;
      high *= 2;
    }
    while (high - low > 1) {
      long middle = low + (high - low) / 2;
      if (Zeta.of(alpha, middle) >= least) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
