package io.github.jaubert.train.metrics;

import io.github.jaubert.bert.Labels;
import java.util.Objects;

/** The share of a class that was predicted as such. */
public final class Recall implements Metric {
  private final PositiveClass positive;
  private final Confusion confusion = new Confusion();

  /** Of class 1, the second of the labels; which one that is, the name tells. */
  public Recall() {
    positive = new PositiveClass(null);
  }

  /** Of a class by its name. */
  public Recall(String positive) {
    this.positive = new PositiveClass(Objects.requireNonNull(positive, "positive"));
  }

  @Override
  public String name() {
    return positive.named("recall");
  }

  @Override
  public void labels(Labels labels) {
    positive.among(labels, "recall");
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
    return confusion.all() == 0 ? Double.NaN : positive.of(confusion).recall();
  }
}
