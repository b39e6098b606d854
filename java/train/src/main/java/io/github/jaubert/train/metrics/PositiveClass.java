package io.github.jaubert.train.metrics;

import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.ProblemType;

/** The class that precision, recall and binary F1 are about. */
final class PositiveClass {
  private final String wanted; // null: class 1
  private String name; // null: not known yet, or a label that holds rather than a class
  private int index = 1;

  PositiveClass(String wanted) {
    this.wanted = wanted;
  }

  /**
   * Finds it by name.
   *
   * @param metric how a complaint calls who asks
   * @throws IllegalArgumentException if it is not one of the labels, or labels are no classes
   */
  void among(Labels labels, String metric) {
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
    name = classes ? labels.name(index) : null;
  }

  /** The name of a metric with that of the class, as {@code f1 (spam)}. */
  String named(String metric) {
    String said = name == null ? wanted : name;
    return said == null ? metric : metric + " (" + said + ")";
  }

  Confusion.Counts of(Confusion confusion) {
    return confusion.classes().getOrDefault((double) index, new Confusion.Counts());
  }
}
