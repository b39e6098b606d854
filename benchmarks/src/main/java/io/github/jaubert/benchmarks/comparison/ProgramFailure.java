package io.github.jaubert.benchmarks.comparison;

/** A measuring program that crashed, hung, or printed something else. */
public final class ProgramFailure extends Exception {
  private static final long serialVersionUID = 1;

  ProgramFailure(String message) {
    super(message);
  }
}
