package io.github.jaubert.measure.statistics;

import java.util.stream.IntStream;

/** What two divisions of the same things tell of each other. */
public final class MutualInformation {
  private MutualInformation() {}

  /**
   * Their mutual information by the mean of their entropies, from 0 to 1; 1 if both have one part.
   *
   * @param first the part of each thing, from 0
   * @param second the same of the other division
   */
  public static double normalized(int[] first, int[] second) {
    int rows = 1 + IntStream.of(first).max().orElse(0);
    int columns = 1 + IntStream.of(second).max().orElse(0);
    long[][] table = new long[rows][columns];
    long[] left = new long[rows];
    long[] right = new long[columns];
    for (int i = 0; i < first.length; i++) {
      table[first[i]][second[i]]++;
      left[first[i]]++;
      right[second[i]]++;
    }
    double all = first.length;
    double shared = 0;
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        if (table[i][j] > 0) {
          shared += table[i][j] / all * Math.log(table[i][j] * all / ((double) left[i] * right[j]));
        }
      }
    }
    double entropies = (entropy(left, all) + entropy(right, all)) / 2;
    return entropies == 0 ? 1 : Math.max(0, Math.min(1, shared / entropies));
  }

  private static double entropy(long[] counts, double all) {
    double sum = 0;
    for (long count : counts) {
      sum -= count == 0 ? 0 : count / all * Math.log(count / all);
    }
    return sum;
  }
}
