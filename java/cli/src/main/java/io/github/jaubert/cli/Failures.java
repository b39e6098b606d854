package io.github.jaubert.cli;

import io.github.jaubert.cli.console.Wording;
import java.io.UncheckedIOException;

/** Puts what went wrong into one line. */
final class Failures {
  private Failures() {}

  /**
   * The library's messages name thing, place and reason already; others get the name of their class
   * in front.
   */
  static String describe(Throwable e) {
    Throwable cause = e instanceof UncheckedIOException && e.getCause() != null ? e.getCause() : e;
    String message =
        cause.getMessage() == null ? "" : cause.getMessage().lines().findFirst().orElse("");
    boolean own = cause.getClass().getName().startsWith("io.github.jaubert.");
    boolean spoken =
        cause instanceof IllegalArgumentException || cause instanceof IllegalStateException;
    if (message.isEmpty()) {
      return cause.getClass().getSimpleName() + " (--stacktrace shows where)";
    }
    return own || spoken
        ? Wording.options(message)
        : cause.getClass().getSimpleName() + ": " + message;
  }
}
