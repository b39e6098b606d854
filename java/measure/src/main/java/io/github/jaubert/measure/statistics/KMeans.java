package io.github.jaubert.measure.statistics;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Clusters by k-means: Lloyd's iteration from centres that are drawn by their squared distance
 * (k-means++, Arthur and Vassilvitskii 2007), each the best of some draws. Vectors of length one
 * have |x - y|² = 2 - 2 cos(x, y), so that theirs are clusters by angle.
 *
 * <p>The same for any number of threads: these only look for nearest centres.
 */
public final class KMeans {
  private static final int MOST_ITERATIONS = 100;

  /**
   * What was found.
   *
   * @param centers the mean of each cluster's vectors; fewer than were asked for if not so many
   *     vectors are different
   * @param cluster of each vector, from 0
   * @param squared the squared distance of each vector to its centre
   * @param inertia their sum
   */
  public record Result(double[][] centers, int[] cluster, double[] squared, double inertia) {}

  private final float[][] vectors;
  private final double[] norms;
  private final int width;
  private final int[] cluster;
  private final double[] squared;

  private KMeans(float[][] vectors) {
    this.vectors = vectors;
    width = vectors[0].length;
    cluster = new int[vectors.length];
    squared = new double[vectors.length];
    norms = Arrays.stream(vectors).mapToDouble(one -> dot(one, one)).toArray();
  }

  /**
   * The best of some runs from different centres.
   *
   * @param vectors at least one, all of the same width
   * @param clusters how many at most, at least 1
   * @param runs how many, at least 1
   */
  public static Result fit(float[][] vectors, int clusters, int runs, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Result best = null;
    for (int run = 0; run < runs; run++) {
      Result one = new KMeans(vectors).run(clusters, random.split());
      if (best == null || one.inertia() < best.inertia()) {
        best = one;
      }
    }
    return best;
  }

  private Result run(int clusters, SplittableRandom random) {
    double[][] centers = draw(clusters, random);
    int[] before = null;
    for (int i = 0; i < MOST_ITERATIONS && !Arrays.equals(before, cluster); i++) {
      before = cluster.clone();
      centers = means(centers.length);
      assign(centers);
    }
    return new Result(centers, cluster.clone(), squared.clone(), sum(squared));
  }

  /** The first centres; vectors are assigned to them. */
  private double[][] draw(int clusters, SplittableRandom random) {
    double[][] centers = {copy(random.nextInt(vectors.length))};
    assign(centers);
    int draws = 2 + (int) Math.log(clusters);
    while (centers.length < clusters && sum(squared) > 1e-9 * vectors.length) { // no mere copies
      double[] best = null;
      int chosen = 0;
      for (int i = 0; i < draws; i++) {
        int drawn = drawn(random.nextDouble() * sum(squared));
        double[] distances = nearer(copy(drawn));
        if (best == null || sum(distances) < sum(best)) {
          best = distances;
          chosen = drawn;
        }
      }
      for (int i = 0; i < squared.length; i++) {
        if (best[i] < squared[i]) {
          squared[i] = best[i];
          cluster[i] = centers.length;
        }
      }
      centers = Arrays.copyOf(centers, centers.length + 1);
      centers[centers.length - 1] = copy(chosen);
    }
    return centers;
  }

  private static double sum(double[] values) {
    return Arrays.stream(values).sum();
  }

  /** The vector at which the sum of squared distances reaches a value. */
  private int drawn(double value) {
    int last = 0;
    double left = value;
    for (int i = 0; i < squared.length && left >= 0; i++) {
      if (squared[i] > 0) {
        last = i;
        left -= squared[i];
      }
    }
    return last;
  }

  private double[] copy(int vector) {
    return IntStream.range(0, width).mapToDouble(j -> vectors[vector][j]).toArray();
  }

  /** The squared distances to the nearest centre if there is one more. */
  private double[] nearer(double[] center) {
    double own = sum(Arrays.stream(center).map(x -> x * x).toArray());
    return IntStream.range(0, vectors.length)
        .parallel()
        .mapToDouble(
            i -> Math.min(squared[i], Math.max(0, norms[i] + own - 2 * dot(vectors[i], center))))
        .toArray();
  }

  /** Finds the nearest centre of each vector, of equally near ones the first. */
  private void assign(double[][] centers) {
    int count = centers.length;
    double[] own = new double[count];
    double[][] across = new double[width][count]; // the inner loop goes over all centres
    for (int c = 0; c < count; c++) {
      for (int j = 0; j < width; j++) {
        across[j][c] = centers[c][j];
        own[c] += centers[c][j] * centers[c][j];
      }
    }
    IntStream.range(0, vectors.length)
        .parallel()
        .forEach(
            i -> {
              double[] products = new double[count];
              for (int j = 0; j < width; j++) {
                double x = vectors[i][j];
                double[] row = across[j];
                for (int c = 0; c < count; c++) {
                  products[c] += x * row[c];
                }
              }
              int nearest = 0;
              for (int c = 1; c < count; c++) {
                if (own[c] - 2 * products[c] < own[nearest] - 2 * products[nearest]) {
                  nearest = c;
                }
              }
              cluster[i] = nearest;
              squared[i] = Math.max(0, norms[i] + own[nearest] - 2 * products[nearest]);
            });
  }

  /** The mean of each cluster; one that lost all its vectors begins anew at the farthest. */
  private double[][] means(int count) {
    double[][] means = new double[count][width];
    int[] sizes = new int[count];
    for (int i = 0; i < vectors.length; i++) {
      double[] mean = means[cluster[i]];
      for (int j = 0; j < width; j++) {
        mean[j] += vectors[i][j];
      }
      sizes[cluster[i]]++;
    }
    for (int c = 0; c < count; c++) {
      if (sizes[c] == 0) {
        int farthest =
            IntStream.range(0, squared.length)
                .reduce((a, b) -> squared[b] > squared[a] ? b : a)
                .getAsInt();
        means[c] = copy(farthest);
        squared[farthest] = 0; // not for another one, too
      } else {
        for (int j = 0; j < width; j++) {
          means[c][j] /= sizes[c];
        }
      }
    }
    return means;
  }

  private static double dot(float[] a, float[] b) {
    double sum = 0;
    for (int j = 0; j < a.length; j++) {
      sum += (double) a[j] * b[j];
    }
    return sum;
  }

  private static double dot(float[] a, double[] b) {
    double sum = 0;
    for (int j = 0; j < a.length; j++) {
      sum += a[j] * b[j];
    }
    return sum;
  }
}
