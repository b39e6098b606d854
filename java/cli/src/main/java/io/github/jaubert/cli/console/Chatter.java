package io.github.jaubert.cli.console;

import java.io.OutputStream;
import java.io.PrintStream;

/**
 * How much is said on standard error besides warnings and errors. It is chosen for the process, by
 * properties, since libraries speak, too.
 */
public final class Chatter {
  private static final String QUIET = "jaubert.quiet";
  private static final String LOG = "org.slf4j.simpleLogger.log.io.github.jaubert";

  private Chatter() {}

  /** No progress, and of what libraries say the warnings. */
  public static void quiet() {
    System.setProperty(QUIET, "true");
    System.setProperty(LOG, "warn");
  }

  /** All that libraries of this project say. */
  public static void verbose() {
    System.setProperty(LOG, "debug");
  }

  /** Where progress is shown. */
  static PrintStream progress() {
    return Boolean.getBoolean(QUIET)
        ? new PrintStream(OutputStream.nullOutputStream())
        : System.err;
  }

  /** Whether progress is shown on a terminal. */
  static boolean onTerminal() {
    return !Boolean.getBoolean(QUIET) && Progress.isTerminal();
  }
}
