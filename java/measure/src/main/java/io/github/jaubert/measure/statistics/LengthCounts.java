package io.github.jaubert.measure.statistics;

import java.util.Map;
import java.util.TreeMap;

/**
 * How often lengths occur. Those up to 10,000 are exact; longer ones are counted in steps of a
 * hundredth, so that however many rows there are, some thousand counts are kept. Mean, standard
 * deviation, least and most are exact.
 */
public final class LengthCounts {
  private static final int EXACT = 10_000;
  private static final double STEP = Math.log(1.01);

  private final TreeMap<Long, Long> counts = new TreeMap<>();
  private long size;
  private double mean;
  private double squares; // of the distances to the mean (Welford 1962)
  private long least = Long.MAX_VALUE;
  private long most;

  /** Counts a length. */
  public void add(long length) {
    counts.merge(rounded(length), 1L, Long::sum);
    size++;
    double distance = length - mean;
    mean += distance / size;
    squares += distance * (length - mean);
    least = Math.min(least, length);
    most = Math.max(most, length);
  }

  private static long rounded(long length) {
    return length <= EXACT
        ? length
        : Math.round(EXACT * Math.exp(STEP * Math.round(Math.log((double) length / EXACT) / STEP)));
  }

  /** How many lengths were counted. */
  public long size() {
    return size;
  }

  /** Their mean; 0 if there is none. */
  public double mean() {
    return mean;
  }

  /** The standard deviation of a sample, with n - 1; 0 if there are less than two. */
  public double standardDeviation() {
    return size < 2 ? 0 : Math.sqrt(squares / (size - 1));
  }

  public long least() {
    return size == 0 ? 0 : least;
  }

  public long most() {
    return most;
  }

  /** The smallest length that at least this share of all do not exceed. */
  public long quantile(double share) {
    long needed = Math.max(1, (long) Math.ceil(share * size - 1e-9));
    long sum = 0;
    for (Map.Entry<Long, Long> one : counts.entrySet()) {
      sum += one.getValue();
      if (sum >= needed) {
        return Math.min(one.getKey(), most);
      }
    }
    return most;
  }

  /** How many are longer than this. */
  public long longerThan(long length) {
    return counts.tailMap(length, false).values().stream().mapToLong(Long::longValue).sum();
  }

  /** How many are from {@code from} to less than {@code to}. */
  public long between(long from, long to) {
    return counts.subMap(from, to).values().stream().mapToLong(Long::longValue).sum();
  }
}
