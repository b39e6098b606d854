package io.github.jaubert.measure;

import java.util.Random;

/** Random numbers of tests: those of jaubert.seed if it is given, otherwise fresh ones. */
public final class Seeds {
  private static final long SEED = Long.getLong("jaubert.seed", System.nanoTime());

  private Seeds() {}

  /** Random numbers for a purpose. */
  public static Random random(String purpose) {
    return new Random(SEED + purpose.hashCode());
  }

  /** What the message of a failure says. */
  public static String said() {
    return "-Djaubert.seed=" + SEED;
  }
}
