package io.github.jaubert.benchmarks.comparison;

import io.github.jaubert.benchmarks.comparison.Program.Outcome;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

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
  /** The same with further options. */
  Suite with(List<String> more) {
    List<String> all = Stream.concat(options.stream(), more.stream()).toList();
    return new Suite(name, rounds, seconds, ours, peers, all);
  }

  /**
   * Runs the programs in alternation, each first in one round after another. One that fails once is
   * not tried again; what it measured before that counts.
   *
   * @return whether none of our own programs failed
   */
  boolean measure(List<Program> programs, Results results, PrintStream log) {
    Set<String> failed = new HashSet<>();
    for (int round = 0; round < rounds; round++) {
      List<Program> order = new ArrayList<>(programs);
      Collections.rotate(order, -round);
      order.removeIf(program -> failed.contains(program.who()));
      for (Program program : order) {
        log.printf("%s, round %d of %d: %s", name, round + 1, rounds, program.who());
        log.flush();
        long begin = System.nanoTime();
        Outcome outcome = program.measure();
        results.add(program.who(), outcome.measured());
        if (outcome.failure() == null) {
          log.printf(" (%.0f s)%n", (System.nanoTime() - begin) * 1e-9);
        } else {
          log.printf(" failed%n%s%n", outcome.failure());
          results.failures().add(name + ": " + outcome.failure());
          failed.add(program.who());
        }
      }
    }
    return !failed.contains(Program.JAUBERT);
  }
}
