package io.github.jaubert.measure;

import io.github.jaubert.measure.statistics.LengthCounts;
import java.util.ArrayList;
import java.util.List;

/**
 * How long texts are, in one unit. Quantiles of lengths beyond 10,000 are right to one hundredth,
 * all else is exact.
 *
 * @param count how many texts there are
 * @param mean their mean
 * @param standardDeviation that of a sample, with n - 1
 * @param min the least
 * @param median half of all texts are no longer
 * @param p90 nine of ten are no longer
 * @param p99 99 of 100 are no longer
 * @param max the most
 * @param histogram from the least on; the last bin holds all longer ones
 */
public record LengthReport(
    long count,
    double mean,
    double standardDeviation,
    long min,
    long median,
    long p90,
    long p99,
    long max,
    List<Bin> histogram) {
  private static final int BINS = 30;

  /**
   * A bin of a histogram.
   *
   * @param from the least length in it
   * @param to the length that is the first behind it
   */
  public record Bin(long from, long to, long count) {}

  static LengthReport of(LengthCounts counts) {
    return new LengthReport(
        counts.size(),
        counts.mean(),
        counts.standardDeviation(),
        counts.least(),
        counts.quantile(0.5),
        counts.quantile(0.9),
        counts.quantile(0.99),
        counts.most(),
        histogram(counts));
  }

  /** Equal bins up to the 99th hundredth, and one for what is beyond. */
  private static List<Bin> histogram(LengthCounts counts) {
    List<Bin> bins = new ArrayList<>();
    if (counts.size() == 0) {
      return bins;
    }
    long least = counts.least();
    long last = counts.quantile(0.99) + 1;
    long width = Math.max(1, (last - least + BINS - 1) / BINS);
    long from = least;
    for (; from < last; from += width) {
      bins.add(new Bin(from, from + width, counts.between(from, from + width)));
    }
    if (counts.most() >= from) {
      bins.add(new Bin(from, counts.most() + 1, counts.longerThan(from - 1)));
    }
    return bins;
  }
}
