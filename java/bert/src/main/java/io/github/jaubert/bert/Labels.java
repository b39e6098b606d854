package io.github.jaubert.bert;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * What a classification head predicts: the names of its outputs in order, and whether one, any
 * number or a score. Immutable.
 */
public final class Labels {
  private final ProblemType problemType;
  private final List<String> names;

  private Labels(ProblemType problemType, List<String> names) {
    Set<String> seen = new HashSet<>();
    for (String name : names) {
      if (name == null || name.isEmpty()) {
        throw new IllegalArgumentException("labels " + names + ": a name is empty");
      }
      if (!seen.add(name)) {
        throw new IllegalArgumentException("labels " + names + ": '" + name + "' is there twice");
      }
    }
    this.problemType = problemType;
    this.names = List.copyOf(names);
  }

  /**
   * Exactly one of these applies.
   *
   * @throws IllegalArgumentException if there are fewer than two, or one is empty or there twice
   */
  public static Labels of(String... names) {
    return of(Arrays.asList(names));
  }

  /** The same of a list. */
  public static Labels of(List<String> names) {
    if (names.size() < 2) {
      throw new IllegalArgumentException(
          "labels " + names + ": at least two are needed; for a score there is Labels.score()");
    }
    return new Labels(ProblemType.SINGLE_LABEL, names);
  }

  /**
   * Any number of these apply, also none.
   *
   * @throws IllegalArgumentException if there is none, or one is empty or there twice
   */
  public static Labels multi(String... names) {
    return multi(Arrays.asList(names));
  }

  /** The same of a list. */
  public static Labels multi(List<String> names) {
    if (names.isEmpty()) {
      throw new IllegalArgumentException("no labels: at least one is needed");
    }
    return new Labels(ProblemType.MULTI_LABEL, names);
  }

  /** A number, called {@code score}. */
  public static Labels score() {
    return score("score");
  }

  /** A number with a name. */
  public static Labels score(String name) {
    return new Labels(ProblemType.REGRESSION, List.of(name));
  }

  /** The names in order of the outputs. */
  public List<String> names() {
    return names;
  }

  /** The name of an output. */
  public String name(int index) {
    return names.get(index);
  }

  /** The number of outputs. */
  public int size() {
    return names.size();
  }

  /** Whether one, any number or a score. */
  public ProblemType problemType() {
    return problemType;
  }

  /**
   * The output with a name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public int indexOf(String name) {
    int index = names.indexOf(name);
    if (index < 0) {
      throw new IllegalArgumentException("label '" + name + "' is not one of " + names);
    }
    return index;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Labels that
        && problemType == that.problemType
        && names.equals(that.names);
  }

  @Override
  public int hashCode() {
    return Objects.hash(problemType, names);
  }

  /** As {@code SINGLE_LABEL [negative, positive]}. */
  @Override
  public String toString() {
    return problemType + " " + names;
  }
}
