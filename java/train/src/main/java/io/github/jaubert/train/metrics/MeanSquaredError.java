package io.github.jaubert.train.metrics;

/** The mean of squared differences between predicted and true scores; smaller is better. */
public final class MeanSquaredError implements Metric {
  private double sum;
  private long count;

  /** Has seen nothing yet. */
  public MeanSquaredError() {}

  @Override
  public String name() {
    return "mse";
  }

  @Override
  public boolean greaterIsBetter() {
    return false;
  }

  @Override
  public void reset() {
    sum = 0;
    count = 0;
  }

  @Override
  public void update(double predicted, double actual) {
    sum += (predicted - actual) * (predicted - actual);
    count++;
  }

  @Override
  public double result() {
    return count == 0 ? Double.NaN : sum / count;
  }
}
