package io.github.jaubert.train.metrics;

import io.github.jaubert.bert.Labels;
import java.util.Objects;

/** The share of what was predicted as a class that is of it. */
public final class Precision implements Metric {
  private final PositiveClass positive;
  private final Confusion confusion = new Confusion();

  /** Of class 1, the second of the labels; which one that is, the name tells. */
  public Precision() {
    positive = new PositiveClass(null);
  }

  /** Of a class by its name. */
  public Precision(String positive) {
    this.positive = new PositiveClass(Objects.requireNonNull(positive, "positive"));
  }

  @Override
  public String name() {
    return positive.named("precision");
  }

  @Override
  public void labels(Labels labels) {
    positive.among(labels, "precision");
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
    return confusion.all() == 0 ? Double.NaN : positive.of(confusion).precision();
  }
}
