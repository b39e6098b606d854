package io.github.jaubert.measure.statistics;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Normalised pointwise mutual information of two words by the texts that they are in (Bouma 2009):
 * ln(p(w,t) / (p(w) p(t))) / -ln p(w,t), from -1 for words that are never together over 0 for words
 * that do not mind each other to 1 for words that are never apart. The normaliser is the
 * probability of both together: others do not keep it within -1 and 1.
 */
public final class Npmi {
  /** From here on a draw is of the normal distribution, which is then near enough. */
  private static final double LARGE = 100;

  private Npmi() {}

  /**
   * Of counts of texts; 0 if both are in every text.
   *
   * @param texts how many there are
   * @param first how many have the one
   * @param second how many have the other
   * @param both how many have both
   */
  public static double of(double texts, double first, double second, double both) {
    if (both <= 0) {
      return -1;
    }
    if (both >= texts) {
      return 0;
    }
    double value = Math.log(both * texts / (first * second)) / -Math.log(both / texts);
    return Math.max(-1, Math.min(1, value));
  }

  /**
   * How many texts have which of a word w and two terms a and b.
   *
   * @param all texts
   * @param wab those with all three, and so on
   */
  public record Table(long all, long w, long a, long b, long wa, long wb, long ab, long wab) {
    /** By how much more w goes with a than with b. */
    public double difference() {
      return Npmi.of(all, w, a, wa) - Npmi.of(all, w, b, wb);
    }

    /** The texts with w, a and b (4, 2, 1) and no other of them. */
    private double[] cells() {
      long wOnly = w - wa - wb + wab;
      return new double[] {
        all - w - a - b + wa + wb + ab - wab,
        b - wb - ab + wab,
        a - wa - ab + wab,
        ab - wab,
        wOnly,
        wb - wab,
        wa - wab,
        wab
      };
    }

    /**
     * Between which values the difference lies in 95 of 100 samples of texts, by a Poisson
     * bootstrap: each text is there a Poisson-distributed number of times.
     *
     * @param rounds how many samples are drawn
     * @return low and high
     */
    public double[] interval(int rounds, long seed) {
      SplittableRandom random = new SplittableRandom(seed);
      double[] cells = cells();
      double[] differences = new double[rounds];
      for (int round = 0; round < rounds; round++) {
        double[] n = Arrays.stream(cells).map(mean -> poisson(mean, random)).toArray();
        double texts = Arrays.stream(n).sum();
        double word = n[4] + n[5] + n[6] + n[7];
        double one = Npmi.of(texts, word, n[2] + n[3] + n[6] + n[7], n[6] + n[7]);
        double other = Npmi.of(texts, word, n[1] + n[3] + n[5] + n[7], n[5] + n[7]);
        differences[round] = one - other;
      }
      Arrays.sort(differences);
      int cut = (int) (0.025 * rounds);
      return new double[] {differences[cut], differences[rounds - 1 - cut]};
    }
  }

  private static double poisson(double mean, SplittableRandom random) {
    if (mean > LARGE) {
      return Math.max(0, Math.rint(mean + Math.sqrt(mean) * normal(random)));
    }
    double least = Math.exp(-mean);
    int count = 0;
    for (double product = random.nextDouble(); product > least; product *= random.nextDouble()) {
      count++;
    }
    return count;
  }

  /** Box and Muller 1958. */
  private static double normal(SplittableRandom random) {
    return Math.sqrt(-2 * Math.log(1 - random.nextDouble()))
        * Math.cos(2 * Math.PI * random.nextDouble());
  }
}
