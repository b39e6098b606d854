package io.github.jaubert.benchmarks.comparison;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Runs suites and collects what they give. A program that fails once is not tried again; what it
 * measured before that counts.
 */
final class Measuring {
  private final ProgramRunner runner;
  private final Results results;
  private final PrintStream log;
  private final List<String> failures = new ArrayList<>();
  private boolean oursFailed;

  Measuring(ProgramRunner runner, Results results, PrintStream log) {
    this.runner = runner;
    this.results = results;
    this.log = log;
  }

  /** Runs the programs of a suite in alternation. */
  void run(Suite suite) {
    Set<Program> failed = new HashSet<>();
    for (int round = 0; round < suite.rounds(); round++) {
      for (Program program : suite.inRound(round)) {
        if (!failed.contains(program) && !run(suite, round, program)) {
          failed.add(program);
        }
      }
    }
  }

  private boolean run(Suite suite, int round, Program program) {
    log.printf("%s, round %d of %d: %s", suite.name(), round + 1, suite.rounds(), program.who());
    log.flush();
    long begin = System.nanoTime();
    try {
      results.add(program.who(), runner.run(program));
      log.printf(" (%.0f s)%n", (System.nanoTime() - begin) * 1e-9);
      return true;
    } catch (ProgramFailure e) {
      log.printf(" failed%n%s%n", e.getMessage());
      results.add(program.who(), e.measured());
      failures.add(suite.name() + ": " + e.getMessage());
      oursFailed |= program.who().equals(Program.JAUBERT);
      return false;
    }
  }

  /** What failed, and with which words. */
  List<String> failures() {
    return List.copyOf(failures);
  }

  /** Whether one of our own programs failed. */
  boolean oursFailed() {
    return oursFailed;
  }
}
