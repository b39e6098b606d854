package io.github.jaubert.train.metrics;

import java.util.Objects;

/** The share of what was predicted as a class that is of it. */
public final class Precision extends PositiveClassMetric {
  /** Of class 1, the second of the labels; which one that is, the name tells. */
  public Precision() {
    super("precision", null);
  }

  /** Of a class by its name, which {@link #labels} finds. */
  public Precision(String positive) {
    super("precision", Objects.requireNonNull(positive, "positive"));
  }

  @Override
  double of(Confusion confusion) {
    return positive().precision();
  }
}
