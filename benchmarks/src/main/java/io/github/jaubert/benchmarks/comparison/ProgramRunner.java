package io.github.jaubert.benchmarks.comparison;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Runs measuring programs, each as a process of its own, and reads what they print.
 *
 * <p>Variables that force OpenBLAS to kernels other than its own choice are taken out of their
 * environment.
 */
public final class ProgramRunner {
  private static final List<String> OPENBLAS_FORCED =
      List.of("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE");

  /** Of what a program that failed has printed: where a stack trace begins, and where it ends. */
  private static final int FIRST_LINES = 5;

  private static final int LAST_LINES = 12;

  private final Duration patience;

  /**
   * A runner.
   *
   * @param patience how long a program may take before it counts as hanging
   */
  public ProgramRunner(Duration patience) {
    this.patience = patience;
  }

  /**
   * Runs a program to its end.
   *
   * @throws ProgramFailure if it cannot be started, fails, hangs, measures nothing, or prints
   *     something that is no reading; the message names it and ends with its first and last words;
   *     what it had measured before is told, too
   */
  public List<Reading> run(Program program) throws ProgramFailure {
    String output = output(program);
    try {
      List<Reading> measured =
          output.lines().filter(line -> !line.isBlank()).map(Reading::parse).toList();
      if (measured.isEmpty()) {
        throw failure(program, "measured nothing", "", output);
      }
      return measured;
    } catch (IllegalArgumentException e) {
      throw failure(program, "printed " + e.getMessage(), output, "");
    }
  }

  /**
   * What a program prints to standard output.
   *
   * @throws ProgramFailure if it cannot be started, fails or hangs
   */
  public String output(Program program) throws ProgramFailure {
    Path out = temporary("out");
    Path err = temporary("err");
    try {
      ProcessBuilder builder =
          new ProcessBuilder(program.command())
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .redirectOutput(out.toFile())
              .redirectError(err.toFile());
      builder.environment().keySet().removeAll(OPENBLAS_FORCED);
      Process process = builder.start();
      if (!finished(process)) {
        throw failure(
            program,
            "was still running after %s s".formatted(Figures.format(patience.toMillis() / 1e3)),
            Files.readString(out),
            Files.readString(err));
      }
      if (process.exitValue() != 0) {
        throw failure(
            program,
            "ended with " + process.exitValue(),
            Files.readString(out),
            Files.readString(err));
      }
      return Files.readString(out);
    } catch (IOException e) {
      throw failure(program, "could not be run: " + e.getMessage(), "", "");
    } finally {
      delete(out);
      delete(err);
    }
  }

  /** Whether it ended by itself; otherwise it and its children are ended. */
  private boolean finished(Process process) {
    boolean ended = false;
    try {
      ended = process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (!ended) {
      // The parent first, which would otherwise go on when its child is gone.
      List<ProcessHandle> children = process.descendants().toList();
      process.destroyForcibly().onExit().join();
      for (ProcessHandle child : children) {
        child.destroyForcibly();
        child.onExit().join();
      }
    }
    return ended;
  }

  private static ProgramFailure failure(
      Program program, String what, String output, String errors) {
    List<String> lines =
        (errors.isBlank() ? output : errors).lines().filter(line -> !line.isBlank()).toList();
    StringBuilder message =
        new StringBuilder(
            "%s %s: %s".formatted(program.who(), what, String.join(" ", shown(program))));
    int last = Math.max(FIRST_LINES, lines.size() - LAST_LINES);
    for (int i = 0; i < lines.size(); i++) {
      if (i < FIRST_LINES || i >= last) {
        message.append("\n    ").append(lines.get(i));
      } else if (i == FIRST_LINES) {
        message.append("\n    …");
      }
    }
    return new ProgramFailure(message.toString(), output);
  }

  /** The command without a class path, which nobody wants to read. */
  private static List<String> shown(Program program) {
    return program.command().stream()
        .map(argument -> argument.contains(".jar:") ? "…" : argument)
        .toList();
  }

  private static Path temporary(String kind) {
    try {
      return Files.createTempFile("jaubert-bench", "." + kind);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
