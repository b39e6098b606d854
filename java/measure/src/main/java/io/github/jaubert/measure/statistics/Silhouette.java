package io.github.jaubert.measure.statistics;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * How well clusters are apart (Rousseeuw 1987): of each vector (b - a) / max(a, b), where a is its
 * mean distance to the others of its cluster and b the least mean distance to those of another. It
 * is between -1 and 1; a vector alone in its cluster has 0.
 */
public final class Silhouette {
  private final float[][] distances;

  /** All distances of some vectors, which takes 4 bytes for each two. */
  public Silhouette(float[][] vectors) {
    int count = vectors.length;
    distances = new float[count][count];
    IntStream.range(0, count)
        .parallel()
        .forEach(
            i -> {
              for (int j = 0; j < count; j++) {
                double sum = 0;
                for (int k = 0; k < vectors[i].length; k++) {
                  double difference = (double) vectors[i][k] - vectors[j][k];
                  sum += difference * difference;
                }
                distances[i][j] = (float) Math.sqrt(sum);
              }
            });
  }

  /**
   * The mean of all vectors; NaN if there is one cluster.
   *
   * @param cluster of each vector, from 0
   */
  public double of(int[] cluster) {
    int count = 1 + IntStream.of(cluster).max().orElse(0);
    int[] sizes = new int[count];
    IntStream.of(cluster).forEach(c -> sizes[c]++);
    if (IntStream.of(sizes).filter(size -> size > 0).count() < 2) {
      return Double.NaN;
    }
    double sum = 0;
    double[] to = new double[count];
    for (int i = 0; i < cluster.length; i++) {
      int own = cluster[i];
      if (sizes[own] == 1) {
        continue;
      }
      Arrays.fill(to, 0);
      for (int j = 0; j < cluster.length; j++) {
        to[cluster[j]] += distances[i][j];
      }
      double a = to[own] / (sizes[own] - 1);
      double b = Double.POSITIVE_INFINITY;
      for (int c = 0; c < count; c++) {
        if (c != own && sizes[c] > 0) {
          b = Math.min(b, to[c] / sizes[c]);
        }
      }
      sum += a == b ? 0 : (b - a) / Math.max(a, b);
    }
    return sum / cluster.length;
  }
}
