package io.github.jaubert.benchmarks.comparison;

import java.util.ArrayList;
import java.util.List;

/** A measuring program that crashed, hung, or printed something else. */
public final class ProgramFailure extends Exception {
  private static final long serialVersionUID = 1;

  private final String output;

  ProgramFailure(String message) {
    this(message, "");
  }

  /**
   * A failure.
   *
   * @param output what the program printed to standard output before it failed
   */
  ProgramFailure(String message, String output) {
    super(message);
    this.output = output;
  }

  /** What it had measured before. */
  List<Reading> measured() {
    List<Reading> readings = new ArrayList<>();
    for (String line : output.lines().toList()) {
      try {
        readings.add(Reading.parse(line));
      } catch (IllegalArgumentException e) {
        return readings; // here it ended, or began to print something else
      }
    }
    return readings;
  }
}
