package io.github.jaubert.benchmarks.comparison;

import java.util.List;

/**
 * A family of works: the programs that measure it, ours and the peers', which alternate.
 *
 * @param rounds how often each program runs
 */
public record Suite(String name, int rounds, List<Program> programs) {
  /** The list cannot change any more. */
  public Suite {
    programs = List.copyOf(programs);
  }

  /** The programs in the order of this round: each is first once. */
  List<Program> inRound(int round) {
    int first = round % programs.size();
    return java.util.stream.Stream.concat(
            programs.subList(first, programs.size()).stream(), programs.subList(0, first).stream())
        .toList();
  }
}
