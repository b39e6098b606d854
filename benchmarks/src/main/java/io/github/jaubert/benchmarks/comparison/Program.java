package io.github.jaubert.benchmarks.comparison;

import java.util.ArrayList;
import java.util.List;

/**
 * A measuring program: who it measures, and the command that starts it.
 *
 * @param who {@code Jaubert}, {@code PyTorch}, {@code DJL}, …
 */
public record Program(String who, List<String> command) {
  /** What our own programs are called. */
  public static final String JAUBERT = "Jaubert";

  /** The command cannot change any more. */
  public Program {
    command = List.copyOf(command);
  }

  /** The same program with more arguments. */
  public Program with(String... arguments) {
    List<String> longer = new ArrayList<>(command);
    longer.addAll(List.of(arguments));
    return new Program(who, longer);
  }
}
