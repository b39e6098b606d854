package io.github.jaubert.measure.bias;

import io.github.jaubert.tensor.Rng;
import java.util.Arrays;
import java.util.Locale;

/**
 * How often chance alone would make a difference of means as large as the one that was found, in
 * either direction (Fisher 1935). All ways to exchange are tried where these are at most {@link
 * #MOST_EXACT}; otherwise {@link #DRAWN} are drawn, and the one that was found counts among them.
 *
 * @param pValue in (0, 1]; NaN if there is nothing to exchange
 * @param permutations how many ways were tried
 * @param exact whether these are all
 */
public record PermutationTest(double pValue, long permutations, boolean exact) {
  /** So many ways are tried at most, if all are. */
  public static final int MOST_EXACT = 250_000;

  /** So many are drawn if there are more. */
  public static final int DRAWN = 10_000;

  /** Sums in another order differ in their last digits. */
  private static final double SLACK = 1e-12;

  /** Whether two groups differ: their values are dealt to groups of the same sizes. */
  public static PermutationTest ofTwo(double[] a, double[] b, long seed) {
    if (a.length == 0 || b.length == 0) {
      return new PermutationTest(Double.NaN, 0, true);
    }
    double[] all = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, all, a.length, b.length);
    double total = Arrays.stream(all).sum();
    double bound = bound(Math.abs(distance(Arrays.stream(a).sum(), total, a.length, b.length)));
    double ways = ways(all.length, a.length);
    if (ways <= MOST_EXACT) {
      Deal deal = new Deal(all, a.length, total, bound);
      deal.from(0, 0, 0);
      return new PermutationTest((double) deal.extreme / deal.tried, deal.tried, true);
    }
    Rng rng = Rng.of(seed);
    int[] order = new int[all.length];
    Arrays.setAll(order, i -> i);
    int extreme = 1;
    for (int i = 1; i < DRAWN; i++) {
      rng.shuffle(order);
      double sum = 0;
      for (int j = 0; j < a.length; j++) {
        sum += all[order[j]];
      }
      if (Math.abs(distance(sum, total, a.length, b.length)) >= bound) {
        extreme++;
      }
    }
    return new PermutationTest((double) extreme / DRAWN, DRAWN, false);
  }

  /** Whether values differ from 0: each may have the other sign. */
  public static PermutationTest ofOne(double[] values, long seed) {
    if (values.length == 0) {
      return new PermutationTest(Double.NaN, 0, true);
    }
    double bound = bound(Math.abs(Arrays.stream(values).sum()));
    if (values.length < 31 && 1 << values.length <= MOST_EXACT) {
      int ways = 1 << values.length;
      int extreme = 0;
      for (int signs = 0; signs < ways; signs++) {
        double sum = 0;
        for (int i = 0; i < values.length; i++) {
          sum += (signs >> i & 1) == 0 ? values[i] : -values[i];
        }
        extreme += Math.abs(sum) >= bound ? 1 : 0;
      }
      return new PermutationTest((double) extreme / ways, ways, true);
    }
    Rng rng = Rng.of(seed);
    int extreme = 1;
    for (int draw = 1; draw < DRAWN; draw++) {
      double sum = 0;
      for (double value : values) {
        sum += rng.nextInt(2) == 0 ? value : -value;
      }
      extreme += Math.abs(sum) >= bound ? 1 : 0;
    }
    return new PermutationTest((double) extreme / DRAWN, DRAWN, false);
  }

  private static double bound(double found) {
    return found * (1 - SLACK) - SLACK;
  }

  private static double distance(double sumA, double total, int a, int b) {
    return sumA / a - (total - sumA) / b;
  }

  /** The number of ways to choose {@code k} of {@code n}. */
  private static double ways(int n, int k) {
    double ways = 1;
    for (int i = 1; i <= k; i++) {
      ways = ways * (n - k + i) / i;
    }
    return ways;
  }

  /** Deals values to two groups in all ways. */
  private static final class Deal {
    private final double[] all;
    private final int first;
    private final double total;
    private final double bound;
    private long tried;
    private long extreme;

    Deal(double[] all, int first, double total, double bound) {
      this.all = all;
      this.first = first;
      this.total = total;
      this.bound = bound;
    }

    /** The first group has {@code taken} values, of those before {@code from}, with this sum. */
    void from(int from, int taken, double sum) {
      if (taken == first) {
        tried++;
        extreme += Math.abs(distance(sum, total, first, all.length - first)) >= bound ? 1 : 0;
        return;
      }
      for (int i = from; i <= all.length - (first - taken); i++) {
        from(i + 1, taken + 1, sum + all[i]);
      }
    }
  }

  /** As {@code p = 0.0012, exact}, or {@code p = 0.0012, 10,000 drawn}. */
  @Override
  public String toString() {
    if (Double.isNaN(pValue)) {
      return "–";
    }
    String ways = exact ? "exact" : String.format(Locale.ROOT, "%,d drawn", permutations);
    return String.format(Locale.ROOT, "p = %.2g, %s", pValue, ways);
  }
}
