package io.github.jaubert.train.metrics;

import io.github.jaubert.bert.Labels;

/**
 * A measure over a stream of decisions. Mutable and not thread-safe: {@link #reset}, any number of
 * {@link #update}, then {@link #result}.
 *
 * <p>A decision is a pair of numbers. For one label of several, they are the indices of the
 * predicted and of the true class. For a score, they are the two scores. Where an example may have
 * several labels, every label is a decision of its own, 1 or 0, so that accuracy is the share of
 * labels that are right (1 - Hamming loss) and F1 is micro-averaged.
 */
public interface Metric {
  /**
   * A short name, the same in logs and reports. One that is about a class names it, as {@code f1
   * (spam)}, once it is {@linkplain #labels known}.
   */
  String name();

  /**
   * Says what is decided about, before the first decision.
   *
   * @throws IllegalArgumentException if this measures something that is not among the labels
   */
  default void labels(Labels labels) {}

  /** Whether a larger value is better: what "best checkpoint" goes by. */
  default boolean greaterIsBetter() {
    return true;
  }

  /** Forgets all decisions. */
  void reset();

  /** Adds one decision. */
  void update(double predicted, double actual);

  /**
   * The value over all decisions since the last reset; NaN where it is not defined, such as over
   * none at all.
   */
  double result();
}
