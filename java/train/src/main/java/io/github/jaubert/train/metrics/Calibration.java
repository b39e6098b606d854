package io.github.jaubert.train.metrics;

import java.util.ArrayList;
import java.util.List;

/**
 * Whether probabilities mean what they say: of answers that are given with 0.8, 8 of 10 should be
 * right. Answers are put into bins of equal width by their probability ("On Calibration of Modern
 * Neural Networks", Guo et al. 2017). Immutable.
 *
 * @param bins in order; some may be empty
 */
public record Calibration(List<Bin> bins) {
  /**
   * Answers with about the same probability.
   *
   * @param from the least probability
   * @param to the largest
   * @param count how many answers there are
   * @param confidence their mean probability, NaN if there is none
   * @param accuracy the share that is right, NaN if there is none
   */
  public record Bin(double from, double to, int count, double confidence, double accuracy) {}

  /** Copies. */
  public Calibration {
    bins = List.copyOf(bins);
  }

  /**
   * Of answers, or of decisions about labels.
   *
   * @param probabilities from 0 to 1
   * @param right whether each came true
   * @param count of bins, from 1
   */
  public static Calibration of(double[] probabilities, boolean[] right, int count) {
    if (probabilities.length != right.length || count < 1) {
      throw new IllegalArgumentException(
          "calibration: %d probabilities, %d outcomes, %d bins"
              .formatted(probabilities.length, right.length, count));
    }
    int[] all = new int[count];
    int[] came = new int[count];
    double[] sums = new double[count];
    for (int i = 0; i < right.length; i++) {
      double p = probabilities[i];
      if (!(p >= 0 && p <= 1)) {
        throw new IllegalArgumentException("calibration: probability " + p + ": from 0 to 1");
      }
      int bin = Math.min(count - 1, (int) (p * count));
      all[bin]++;
      sums[bin] += p;
      came[bin] += right[i] ? 1 : 0;
    }
    List<Bin> bins = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      bins.add(
          new Bin(
              (double) i / count,
              (double) (i + 1) / count,
              all[i],
              all[i] == 0 ? Double.NaN : sums[i] / all[i],
              all[i] == 0 ? Double.NaN : (double) came[i] / all[i]));
    }
    return new Calibration(bins);
  }

  /**
   * The expected calibration error: how far confidence and accuracy of the bins are apart, weighted
   * by how many answers these have; NaN of none.
   */
  public double expectedError() {
    double sum = 0;
    long all = 0;
    for (Bin bin : bins) {
      if (bin.count() > 0) {
        sum += bin.count() * Math.abs(bin.confidence() - bin.accuracy());
        all += bin.count();
      }
    }
    return sum / all;
  }
}
