package io.github.jaubert.measure.statistics;

/** Mean, spread and skewness of numbers that are seen once (Pébay 2008, formulas 1.1 to 1.3). */
public final class Moments {
  private long size;
  private double mean;
  private double second;
  private double third;
  private double least = Double.POSITIVE_INFINITY;
  private double most = Double.NEGATIVE_INFINITY;

  /** Adds a number. */
  public void add(double value) {
    long before = size++;
    double distance = value - mean;
    double step = distance / size;
    double term = distance * step * before;
    mean += step;
    third += term * step * (size - 2) - 3 * step * second;
    second += term;
    least = Math.min(least, value);
    most = Math.max(most, value);
  }

  public long size() {
    return size;
  }

  public double mean() {
    return mean;
  }

  /** The standard deviation of a sample, with n - 1; 0 if there are less than two. */
  public double standardDeviation() {
    return size < 2 ? 0 : Math.sqrt(second / (size - 1));
  }

  /** Fisher's skewness, m3 / m2^1.5; 0 if all numbers are the same. */
  public double skewness() {
    return second == 0 ? 0 : Math.sqrt(size) * third / Math.pow(second, 1.5);
  }

  public double least() {
    return least;
  }

  public double most() {
    return most;
  }
}
