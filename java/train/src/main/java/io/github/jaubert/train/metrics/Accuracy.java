package io.github.jaubert.train.metrics;

/** The share of decisions that are right. */
public final class Accuracy implements Metric {
  private long right;
  private long all;

  /** Has seen nothing yet. */
  public Accuracy() {}

  @Override
  public String name() {
    return "accuracy";
  }

  @Override
  public void reset() {
    right = 0;
    all = 0;
  }

  @Override
  public void update(double predicted, double actual) {
    all++;
    if (predicted == actual) {
      right++;
    }
  }

  @Override
  public double result() {
    return all == 0 ? Double.NaN : (double) right / all;
  }
}
