package io.github.jaubert.train.metrics;

import java.util.Objects;

/** The harmonic mean of precision and recall. */
public final class F1 extends PositiveClassMetric {
  /** How the classes are put together. */
  public enum Average {
    /** Of the positive class alone. */
    BINARY,
    /** The plain mean over the classes that were predicted or true at least once. */
    MACRO,
    /** Over the counts of all classes; for one label of several this is the accuracy. */
    MICRO
  }

  private final Average average;

  /** F1 of class 1, the second of the labels; which one that is, the name tells. */
  public F1() {
    this(Average.BINARY);
  }

  /**
   * F1 of a class by its name, which {@link #labels} finds. Of two, that of the rare one says more.
   */
  public F1(String positive) {
    this(Average.BINARY, Objects.requireNonNull(positive, "positive"));
  }

  /** F1 with a way to put classes together. */
  public F1(Average average) {
    this(average, null);
  }

  private F1(Average average, String positive) {
    super("f1", positive);
    this.average = average;
  }

  @Override
  public String name() {
    return switch (average) {
      case BINARY -> super.name();
      case MACRO -> "macro_f1";
      case MICRO -> "micro_f1";
    };
  }

  @Override
  double of(Confusion confusion) {
    var classes = confusion.classes();
    return switch (average) {
      case BINARY -> positive().f1();
      case MACRO ->
          classes.values().stream().mapToDouble(Confusion.Counts::f1).average().orElseThrow();
      case MICRO ->
          (double) classes.values().stream().mapToLong(c -> c.both).sum() / confusion.all();
    };
  }
}
