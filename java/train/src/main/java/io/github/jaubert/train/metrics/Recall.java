package io.github.jaubert.train.metrics;

import java.util.Objects;

/** The share of a class that was predicted as such. */
public final class Recall extends PositiveClassMetric {
  /** Of class 1, the second of the labels; which one that is, the name tells. */
  public Recall() {
    super("recall", null);
  }

  /** Of a class by its name, which {@link #labels} finds. */
  public Recall(String positive) {
    super("recall", Objects.requireNonNull(positive, "positive"));
  }

  @Override
  double of(Confusion confusion) {
    return positive().recall();
  }
}
