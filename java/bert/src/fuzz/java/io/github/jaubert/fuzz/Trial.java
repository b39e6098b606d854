package io.github.jaubert.fuzz;

import java.io.IOException;
import java.nio.file.Path;
import java.util.random.RandomGenerator;

/**
 * Something that reads files from strangers, and how to damage them. It is made anew in every
 * virtual machine that tries it, by a constructor without arguments.
 */
public interface Trial {
  /**
   * Writes the files of one case.
   *
   * @param random decides everything about it
   * @return what was damaged
   */
  String prepare(RandomGenerator random, Path folder) throws IOException;

  /** Reads them; what is thrown is judged by {@link #isDocumented}. */
  void run(Path folder) throws Exception;

  /** Whether the Javadoc of what is tried names this exception for a damaged file. */
  boolean isDocumented(Throwable thrown);
}
