package io.github.jaubert.bert;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * From which probability on a label holds: more than one half, unless another threshold was chosen
 * for it, such as one that gives a rare label the best F1. Of one label of several the most
 * probable holds; of two of them, one may have a threshold, and the other holds below it.
 * Immutable.
 */
public final class Thresholds {
  private static final float USUAL = 0.5f;

  private final Labels labels;
  private final Map<String, Float> byLabel;

  private Thresholds(Labels labels, Map<String, Float> byLabel) {
    this.labels = labels;
    this.byLabel = Collections.unmodifiableMap(new LinkedHashMap<>(byLabel));
  }

  /** One half for all labels, or the most probable of several. */
  public static Thresholds usual(Labels labels) {
    return new Thresholds(labels, Map.of());
  }

  /**
   * Thresholds of some labels; others have the usual one.
   *
   * @param byLabel from 0 to 1 each, by the labels' names
   * @throws IllegalArgumentException if a name is not among the labels, a threshold is no
   *     probability, or there is more than one for two labels of which one holds, or any for more
   *     of these or for a score
   */
  public static Thresholds of(Labels labels, Map<String, Float> byLabel) {
    byLabel.forEach(
        (name, threshold) -> {
          labels.indexOf(name);
          if (!(threshold >= 0 && threshold <= 1)) {
            throw new IllegalArgumentException(
                "the threshold of '%s' is %s; from 0 to 1".formatted(name, threshold));
          }
        });
    boolean fit =
        switch (labels.problemType()) {
          case MULTI_LABEL -> true;
          case SINGLE_LABEL -> byLabel.size() <= (labels.size() == 2 ? 1 : 0);
          case REGRESSION -> byLabel.isEmpty();
        };
    if (!fit) {
      throw new IllegalArgumentException(
          "thresholds %s: the labels are %s, of which %s"
              .formatted(
                  byLabel,
                  labels,
                  labels.size() == 2 ? "one may have one" : "none has a threshold"));
    }
    return new Thresholds(labels, byLabel);
  }

  /** Those that were chosen, by the labels' names. */
  public Map<String, Float> byLabel() {
    return byLabel;
  }

  /** Whether any was chosen. */
  public boolean isChosen() {
    return !byLabel.isEmpty();
  }

  /** What the probability of a label is compared with, chosen or not. */
  public float of(String label) {
    return byLabel.getOrDefault(label, USUAL);
  }

  /**
   * Which labels hold.
   *
   * @param probabilities of all labels in order
   * @return for each label whether it does; of one of several exactly one does
   */
  public boolean[] decide(float... probabilities) {
    if (probabilities.length != labels.size() || labels.problemType() == ProblemType.REGRESSION) {
      throw new IllegalArgumentException(
          "%d probabilities for %s".formatted(probabilities.length, labels));
    }
    boolean[] holds = new boolean[labels.size()];
    if (labels.problemType() == ProblemType.MULTI_LABEL) {
      for (int i = 0; i < holds.length; i++) {
        holds[i] = probabilities[i] > of(labels.name(i));
      }
      return holds;
    }
    int best = 0;
    for (int i = 1; i < holds.length; i++) {
      best = probabilities[i] > probabilities[best] ? i : best;
    }
    for (Map.Entry<String, Float> one : byLabel.entrySet()) {
      int index = labels.indexOf(one.getKey());
      best = probabilities[index] > one.getValue() ? index : 1 - index;
    }
    holds[best] = true;
    return holds;
  }

  /** As {@code {spam=0.31}}. */
  @Override
  public String toString() {
    return byLabel.toString();
  }
}
