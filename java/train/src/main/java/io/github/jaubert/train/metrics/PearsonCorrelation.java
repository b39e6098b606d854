package io.github.jaubert.train.metrics;

/**
 * Pearson's correlation of predicted and true scores; NaN if either is constant. Means and
 * co-moments are updated one pair at a time (Welford's method), so nothing is stored and large
 * means cost no digits.
 */
public final class PearsonCorrelation implements Metric {
  private long count;
  private double meanX;
  private double meanY;
  private double squaresX;
  private double squaresY;
  private double products;

  /** Has seen nothing yet. */
  public PearsonCorrelation() {}

  @Override
  public String name() {
    return "pearson";
  }

  @Override
  public void reset() {
    count = 0;
    meanX = meanY = squaresX = squaresY = products = 0;
  }

  @Override
  public void update(double predicted, double actual) {
    count++;
    double dx = predicted - meanX;
    double dy = actual - meanY;
    meanX += dx / count;
    meanY += dy / count;
    squaresX += dx * (predicted - meanX);
    squaresY += dy * (actual - meanY);
    products += dx * (actual - meanY);
  }

  @Override
  public double result() {
    double r = products / Math.sqrt(squaresX * squaresY);
    return Double.isNaN(r) ? r : Math.max(-1, Math.min(1, r));
  }
}
