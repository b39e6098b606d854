package io.github.jaubert.measure.bias;

import io.github.jaubert.tensor.Rng;
import java.util.Arrays;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * Draws items again and again, with replacement, to tell how much a figure depends on which items
 * there happen to be (Efron 1979). Every figure draws from the beginning of the seed's numbers, so
 * that two figures of as many items have drawn the same ones, see {@link Estimate#minus}.
 *
 * @param seed the same intervals for the same seed
 * @param resamples how often all items are drawn
 */
public record Bootstrap(long seed, int resamples) {
  /** Enough for two digits of a percentile. */
  public static final int USUAL_RESAMPLES = 1000;

  /** Checks the number. */
  public Bootstrap {
    if (resamples < 1) {
      throw new IllegalArgumentException("resamples: " + resamples + "; at least 1 is needed");
    }
  }

  /** With the usual number of resamples. */
  public static Bootstrap of(long seed) {
    return new Bootstrap(seed, USUAL_RESAMPLES);
  }

  /**
   * A figure of items.
   *
   * @param statistic the figure of items by their indices, of which some may come several times
   */
  public Estimate estimate(int items, ToDoubleFunction<int[]> statistic) {
    return estimate(new int[] {items}, drawn -> statistic.applyAsDouble(drawn[0]));
  }

  /**
   * A figure of items in several groups, each of which keeps its number.
   *
   * <p>Of a single item there is no interval.
   *
   * @param items the numbers of items of the groups
   * @param statistic the figure of items by their indices in each group
   */
  public Estimate estimate(int[] items, ToDoubleFunction<int[][]> statistic) {
    int[][] all =
        Arrays.stream(items).mapToObj(n -> IntStream.range(0, n).toArray()).toArray(int[][]::new);
    int count = Arrays.stream(items).sum();
    if (count == 0) {
      return Estimate.exact(Double.NaN, 0);
    }
    double value = statistic.applyAsDouble(all);
    if (count == 1) {
      return Estimate.exact(value, 1);
    }
    double[] replicates = new double[resamples];
    Rng rng = Rng.of(seed);
    int[][] drawn = Arrays.stream(items).mapToObj(int[]::new).toArray(int[][]::new);
    for (int i = 0; i < resamples; i++) {
      for (int[] group : drawn) {
        for (int j = 0; j < group.length; j++) {
          group[j] = rng.nextInt(group.length);
        }
      }
      replicates[i] = statistic.applyAsDouble(drawn);
    }
    return new Estimate(value, count, replicates);
  }

  /** The mean of values. */
  public Estimate mean(double[] values) {
    return estimate(values.length, drawn -> mean(values, drawn));
  }

  /** The share of items of which something holds, in percent. */
  public Estimate percent(boolean[] holds) {
    double[] values = new double[holds.length];
    for (int i = 0; i < holds.length; i++) {
      values[i] = holds[i] ? 100 : 0;
    }
    return mean(values);
  }

  /** The mean of some of the values, by their indices. */
  static double mean(double[] values, int[] indices) {
    double sum = 0;
    for (int index : indices) {
      sum += values[index];
    }
    return sum / indices.length;
  }
}
