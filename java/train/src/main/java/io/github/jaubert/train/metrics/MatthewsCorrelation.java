package io.github.jaubert.train.metrics;

/**
 * Matthews' correlation coefficient, for any number of classes (Gorodkin 2004, "Comparing two
 * K-category assignments by a K-category correlation coefficient"): -1 to 1, and 0 if either side
 * is constant.
 */
public final class MatthewsCorrelation implements Metric {
  private final Confusion confusion = new Confusion();

  /** Has seen nothing yet. */
  public MatthewsCorrelation() {}

  @Override
  public String name() {
    return "matthews_correlation";
  }

  @Override
  public void reset() {
    confusion.reset();
  }

  @Override
  public void update(double predicted, double actual) {
    confusion.update(predicted, actual);
  }

  @Override
  public double result() {
    if (confusion.all() == 0) {
      return Double.NaN;
    }
    double all = confusion.all();
    double right = 0;
    double product = 0;
    double predictedSquares = 0;
    double actualSquares = 0;
    for (Confusion.Counts c : confusion.classes().values()) {
      right += c.both;
      product += (double) c.predicted * c.actual;
      predictedSquares += (double) c.predicted * c.predicted;
      actualSquares += (double) c.actual * c.actual;
    }
    double variances = (all * all - predictedSquares) * (all * all - actualSquares);
    return variances == 0 ? 0 : (right * all - product) / Math.sqrt(variances);
  }
}
