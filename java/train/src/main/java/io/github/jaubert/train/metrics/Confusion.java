package io.github.jaubert.train.metrics;

import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How often each class was predicted, was true, and both at once: all that precision, recall, F1
 * and Matthews' coefficient need.
 */
final class Confusion {
  /** The counts of one class. */
  static final class Counts {
    long predicted;
    long actual;
    long both;

    /** TP / predicted; 0 for a class that was never predicted, as scikit-learn has it. */
    double precision() {
      return predicted == 0 ? 0 : (double) both / predicted;
    }

    /** TP / actual; 0 for a class that was never true. */
    double recall() {
      return actual == 0 ? 0 : (double) both / actual;
    }

    /**
     * 2PR / (P + R), which is 2 TP / (predicted + actual); 0 for a class that is neither, as
     * scikit-learn has it.
     */
    double f1() {
      return predicted + actual == 0 ? 0 : 2.0 * both / (predicted + actual);
    }
  }

  private final SortedMap<Double, Counts> classes = new TreeMap<>();
  private long all;

  void reset() {
    classes.clear();
    all = 0;
  }

  void update(double predicted, double actual) {
    Counts p = classes.computeIfAbsent(predicted, key -> new Counts());
    p.predicted++;
    classes.computeIfAbsent(actual, key -> new Counts()).actual++;
    if (predicted == actual) {
      p.both++;
    }
    all++;
  }

  long all() {
    return all;
  }

  /** The classes that were predicted or true at least once. */
  SortedMap<Double, Counts> classes() {
    return classes;
  }
}
