package io.github.jaubert.measure.bias;

import java.util.Arrays;
import java.util.Locale;

/**
 * A figure with its 95 % interval: the percentiles 2.5 and 97.5 of what {@link Bootstrap} made of
 * resampled items (Efron 1979), or, of a share by itself, Wilson's. Immutable. Of what cannot be
 * computed, as of no items, all three are NaN.
 */
public final class Estimate {
  private static final double TAIL = 0.025;
  private static final double QUANTILE = 1.959964; // of the normal distribution, at 97.5 %

  private final double value;
  private final int count;
  private final double[] replicates; // in the order of the resamples
  private final double low;
  private final double high;

  /**
   * Takes the array over.
   *
   * @param replicates the figure of each resample; none: there is no interval
   */
  Estimate(double value, int count, double[] replicates) {
    this.value = value;
    this.count = count;
    this.replicates = replicates;
    double[] sorted = Arrays.stream(replicates).filter(x -> !Double.isNaN(x)).sorted().toArray();
    low = percentile(sorted, TAIL);
    high = percentile(sorted, 1 - TAIL);
  }

  private Estimate(double value, int count, double low, double high) {
    this.value = value;
    this.count = count;
    replicates = new double[0];
    this.low = low;
    this.high = high;
  }

  /**
   * A share of items with Wilson's interval (1927): that of all items of a few does not end where
   * resamples, which are all alike, would have it end.
   *
   * @param share from 0 to 1
   * @param count how many items there are; of none nothing is known
   */
  public static Estimate share(double share, int count) {
    if (count == 0) {
      return exact(Double.NaN, 0);
    }
    double z2 = QUANTILE * QUANTILE;
    double middle = (share + z2 / (2 * count)) / (1 + z2 / count);
    double half =
        QUANTILE
            / (1 + z2 / count)
            * Math.sqrt(share * (1 - share) / count + z2 / (4.0 * count * count));
    return new Estimate(share, count, Math.max(0, middle - half), Math.min(1, middle + half));
  }

  /** A figure of which nothing can be resampled. */
  public static Estimate exact(double value, int count) {
    return new Estimate(value, count, new double[0]);
  }

  /** Between the two values beside it, in proportion, as numpy does. */
  private static double percentile(double[] sorted, double share) {
    if (sorted.length == 0) {
      return Double.NaN;
    }
    double place = share * (sorted.length - 1);
    int below = (int) Math.floor(place);
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
  }

  /** The figure of all items. */
  public double value() {
    return value;
  }

  /** The lower end of the interval; NaN if there is none. */
  public double low() {
    return low;
  }

  /** The upper end of the interval; NaN if there is none. */
  public double high() {
    return high;
  }

  /** The number of items: sentences, pairs of them, words. */
  public int count() {
    return count;
  }

  /**
   * The difference from another of the same items, as of another model. Both drew the same items
   * for each resample, if their {@link Bootstrap} had the same seed, so that the interval is that
   * of the difference; of other numbers of items there is no interval.
   */
  public Estimate minus(Estimate other) {
    double difference = value - other.value;
    if (count != other.count || replicates.length != other.replicates.length) {
      return exact(difference, count);
    }
    double[] differences = new double[replicates.length];
    for (int i = 0; i < differences.length; i++) {
      differences[i] = replicates[i] - other.replicates[i];
    }
    return new Estimate(difference, count, differences);
  }

  /** As {@code 60.5 [58.0, 62.9]}. */
  @Override
  public String toString() {
    double size = Math.max(Math.abs(value), Double.isNaN(high) ? 0 : Math.abs(high));
    return format(size >= 10 ? "%.1f" : size >= 0.1 || size == 0 ? "%.2f" : "%.4f");
  }

  private String format(String form) {
    if (Double.isNaN(value)) {
      return "–";
    }
    return Double.isNaN(low)
        ? String.format(Locale.ROOT, form, value)
        : String.format(Locale.ROOT, form + " [" + form + ", " + form + "]", value, low, high);
  }
}
