package io.github.jaubert.benchmarks.comparison;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A family of works: the programs that measure it, ours and the peers', which alternate.
 *
 * @param rounds how often each program runs
 */
record Suite(String name, int rounds, List<Program> programs) {
  Suite withRounds(int times) {
    return new Suite(name, times, programs);
  }

  /** The programs in the order of this round: each is first once. */
  List<Program> inRound(int round) {
    List<Program> order = new ArrayList<>(programs);
    Collections.rotate(order, -round);
    return order;
  }

  /**
   * Runs the programs in alternation. One that fails once is not tried again; what it measured
   * before that counts.
   *
   * @return whether none of our own programs failed
   */
  boolean measure(Results results, PrintStream log) {
    Set<Program> failed = new HashSet<>();
    for (int round = 0; round < rounds; round++) {
      for (Program program : inRound(round)) {
        if (failed.contains(program)) {
          continue;
        }
        log.printf("%s, round %d of %d: %s", name, round + 1, rounds, program.who());
        log.flush();
        long begin = System.nanoTime();
        try {
          results.add(program.who(), program.measure());
          log.printf(" (%.0f s)%n", (System.nanoTime() - begin) * 1e-9);
        } catch (Program.Failure e) {
          log.printf(" failed%n%s%n", e.getMessage());
          results.add(program.who(), e.measured());
          results.fail(name + ": " + e.getMessage());
          failed.add(program);
        }
      }
    }
    return failed.stream().noneMatch(program -> program.who().equals(Program.JAUBERT));
  }
}
