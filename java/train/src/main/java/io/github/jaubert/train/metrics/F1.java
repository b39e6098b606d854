package io.github.jaubert.train.metrics;

/** The harmonic mean of precision and recall. */
public final class F1 implements Metric {
  /** How the classes are put together. */
  public enum Average {
    /** Of class 1 alone, the positive one. */
    BINARY,
    /** The plain mean over the classes that were predicted or true at least once. */
    MACRO,
    /** Over the counts of all classes; for one label of several this is the accuracy. */
    MICRO
  }

  private final Average average;
  private final Confusion confusion = new Confusion();

  /** F1 of class 1. */
  public F1() {
    this(Average.BINARY);
  }

  /** F1 with a way to put classes together. */
  public F1(Average average) {
    this.average = average;
  }

  @Override
  public String name() {
    return average == Average.BINARY ? "f1" : average == Average.MACRO ? "macro_f1" : "micro_f1";
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
    var classes = confusion.classes();
    return switch (average) {
      case BINARY -> classes.getOrDefault(1.0, new Confusion.Counts()).f1();
      case MACRO ->
          classes.values().stream().mapToDouble(Confusion.Counts::f1).average().orElseThrow();
      case MICRO ->
          (double) classes.values().stream().mapToLong(c -> c.both).sum() / confusion.all();
    };
  }
}
