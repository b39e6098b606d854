package io.github.jaubert.train.metrics;

import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * The threshold of a probability that gives the best F1. It is as good as it is on the examples
 * that it was searched on, and mostly less good on others.
 */
public final class BestThreshold {
  private static final float USUAL = 0.5f;

  private BestThreshold() {}

  /**
   * Searches all thresholds that make a difference; each lies in the middle between two
   * probabilities. Of equally good ones it is that which is nearest to one half, which is also the
   * threshold where nothing is true.
   *
   * @param probabilities from 0 to 1; what is above the threshold is said to be true
   * @param actual what is true, of each
   */
  public static float of(float[] probabilities, boolean[] actual) {
    if (probabilities.length != actual.length) {
      throw new IllegalArgumentException(
          "%d probabilities of %d decisions".formatted(probabilities.length, actual.length));
    }
    int[] order =
        IntStream.range(0, actual.length)
            .boxed()
            .sorted(Comparator.comparing((Integer i) -> -probabilities[i]))
            .mapToInt(i -> i)
            .toArray();
    int all = (int) IntStream.range(0, actual.length).filter(i -> actual[i]).count();
    float best = USUAL;
    double bestF1 = f1(probabilities, actual, USUAL);
    int both = 0;
    for (int k = 0; k < order.length; k++) {
      both += actual[order[k]] ? 1 : 0;
      float upper = probabilities[order[k]];
      float lower = k + 1 < order.length ? probabilities[order[k + 1]] : 0;
      float middle = (upper + lower) / 2;
      if (middle >= upper) {
        continue; // the next is as probable, and cannot be told apart
      }
      double f1 = 2.0 * both / (k + 1 + all);
      if (f1 > bestF1 || f1 == bestF1 && Math.abs(middle - USUAL) < Math.abs(best - USUAL)) {
        best = middle;
        bestF1 = f1;
      }
    }
    return best;
  }

  /** F1 of what is above a threshold; 0 where nothing is true and nothing is said to be. */
  public static double f1(float[] probabilities, boolean[] actual, float threshold) {
    long both = 0;
    long said = 0;
    long all = 0;
    for (int i = 0; i < actual.length; i++) {
      boolean above = probabilities[i] > threshold;
      said += above ? 1 : 0;
      all += actual[i] ? 1 : 0;
      both += above && actual[i] ? 1 : 0;
    }
    return said + all == 0 ? 0 : 2.0 * both / (said + all);
  }
}
