package io.github.jaubert.benchmarks.comparison;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A family of works: who measures it, and how.
 *
 * @param rounds how often each program runs
 * @param seconds how long each work is repeated in a round
 * @param ours the class of our program, as {@code models.StepBenchmark}
 * @param peers theirs, as {@link Peers#programs} takes them
 * @param options of all of them
 */
record Suite(
    String name,
    int rounds,
    double seconds,
    String ours,
    List<String> peers,
    List<String> options) {
  /** The programs in the order of this round: each is first once. */
  static List<Program> inRound(int round, List<Program> programs) {
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
  boolean measure(List<Program> programs, Results results, PrintStream log) {
    Set<Program> failed = new HashSet<>();
    for (int round = 0; round < rounds; round++) {
      for (Program program : inRound(round, programs)) {
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
