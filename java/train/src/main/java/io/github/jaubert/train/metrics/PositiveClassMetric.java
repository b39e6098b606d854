package io.github.jaubert.train.metrics;

import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.ProblemType;

/** What precision, recall and F1 share: the class that they are about, and what was decided. */
abstract class PositiveClassMetric implements Metric {
  private final String metric;
  private final String wanted; // null: class 1
  private final Confusion confusion = new Confusion();
  private String found; // null: not known yet, or a label that holds rather than a class
  private int index = 1;

  /**
   * A metric about a class.
   *
   * @param metric how it is called without the class
   * @param wanted the class by its name; null: class 1, the second of the labels
   */
  PositiveClassMetric(String metric, String wanted) {
    this.metric = metric;
    this.wanted = wanted;
  }

  /** The value over all decisions, of which there are some. */
  abstract double of(Confusion confusion);

  @Override
  public String name() {
    String said = found == null ? wanted : found;
    return said == null ? metric : metric + " (" + said + ")";
  }

  @Override
  public void labels(Labels labels) {
    boolean classes = labels.problemType() == ProblemType.SINGLE_LABEL;
    if (wanted != null && !(classes && labels.names().contains(wanted))) {
      throw new IllegalArgumentException(
          "%s of '%s': %s"
              .formatted(
                  metric,
                  wanted,
                  classes
                      ? "the labels are " + labels.names()
                      : "one class of several is needed, and the model predicts " + labels));
    }
    index = wanted == null ? 1 : labels.indexOf(wanted);
    found = classes ? labels.name(index) : null;
  }

  @Override
  public void reset() {
    confusion.reset();
  }

  @Override
  public void update(double predicted, double actual) {
    confusion.update(predicted, actual);
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalStateException if the class was named, but not yet the labels that it is one of
   */
  @Override
  public double result() {
    return confusion.all() == 0 ? Double.NaN : of(confusion);
  }

  /** How often the class was predicted, was true, or both. */
  Confusion.Counts positive() {
    if (wanted != null && found == null) {
      throw new IllegalStateException(
          "%s: which of the classes this is, is not known; call labels(…) first, with those of the model"
              .formatted(name()));
    }
    return confusion.classes().getOrDefault((double) index, new Confusion.Counts());
  }
}
