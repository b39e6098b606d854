package io.github.jaubert.benchmarks.comparison;

import io.github.jaubert.benchmarks.measure.Measurement;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A program that runs as a process of its own. Variables that force OpenBLAS to kernels other than
 * its own choice are taken out of its environment.
 *
 * @param who it measures: {@code Jaubert}, {@code PyTorch}, {@code DJL}, …
 * @param command that starts it
 * @param patience how long it may take before it counts as hanging
 */
record Program(String who, List<String> command, Duration patience) {
  /** What our own programs are called. */
  static final String JAUBERT = "Jaubert";

  private static final List<String> OPENBLAS_FORCED =
      List.of("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE");

  /** Of what a program that failed has printed: where a stack trace begins, and where it ends. */
  private static final int FIRST_LINES = 5;

  private static final int LAST_LINES = 12;

  /** A program that crashed, hung, or printed something else than measurements. */
  static final class Failure extends Exception {
    private static final long serialVersionUID = 1;

    private final transient List<Measurement> measured;

    Failure(String message, List<Measurement> measured) {
      super(message);
      this.measured = measured;
    }

    /** What it had measured before. */
    List<Measurement> measured() {
      return measured;
    }
  }

  /** The same program with more arguments. */
  Program with(String... arguments) {
    List<String> longer = new ArrayList<>(command);
    longer.addAll(List.of(arguments));
    return new Program(who, longer, patience);
  }

  /**
   * Runs it to its end, and reads what it measured.
   *
   * @throws Failure if it cannot be started, fails, hangs, measures nothing, or prints something
   *     else; the message names it and ends with its first and last words
   */
  List<Measurement> measure() throws Failure {
    String output = output();
    List<Measurement> measured = new ArrayList<>();
    try {
      output.lines().filter(line -> !line.isBlank()).map(Results::parse).forEach(measured::add);
    } catch (IllegalArgumentException e) {
      throw failure("printed " + e.getMessage(), output, "");
    }
    if (measured.isEmpty()) {
      throw failure("measured nothing", output, "");
    }
    return measured;
  }

  /**
   * What it prints to standard output.
   *
   * @throws Failure if it cannot be started, fails or hangs
   */
  String output() throws Failure {
    try {
      Path out = temporary(".out");
      Path err = temporary(".err");
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .redirectInput(Path.of("/dev/null").toFile())
              .redirectOutput(out.toFile())
              .redirectError(err.toFile());
      builder.environment().keySet().removeAll(OPENBLAS_FORCED);
      Process process = builder.start();
      boolean ended = ended(process);
      if (ended && process.exitValue() == 0) {
        return Files.readString(out);
      }
      String what =
          ended
              ? "ended with " + process.exitValue()
              : "was still running after %s s".formatted(patience.toMillis() / 1e3);
      throw failure(what, Files.readString(out), Files.readString(err));
    } catch (IOException e) {
      throw failure("could not be run: " + e.getMessage(), "", "");
    }
  }

  /** A file that goes with this JVM. */
  private static Path temporary(String end) throws IOException {
    Path file = Files.createTempFile("jaubert-bench", end);
    file.toFile().deleteOnExit();
    return file;
  }

  /** Whether it ended by itself; otherwise it and its children are ended. */
  private boolean ended(Process process) {
    try {
      if (process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
        return true;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    // The parent first, which would otherwise go on when its child is gone.
    List<ProcessHandle> children = process.descendants().toList();
    process.destroyForcibly().onExit().join();
    for (ProcessHandle child : children) {
      child.destroyForcibly();
      child.onExit().join();
    }
    return false;
  }

  /** With the command, but for a class path, which nobody wants to read. */
  private Failure failure(String what, String output, String errors) {
    List<Measurement> measured = new ArrayList<>();
    try {
      output.lines().map(Results::parse).forEach(measured::add);
    } catch (IllegalArgumentException e) {
      // Here it ended, or began to print something else.
    }
    StringBuilder message = new StringBuilder("%s %s:".formatted(who, what));
    command.forEach(word -> message.append(' ').append(word.contains(".jar:") ? "…" : word));
    List<String> lines =
        (errors.isBlank() ? output : errors).lines().filter(line -> !line.isBlank()).toList();
    for (int i = 0; i < lines.size(); i++) {
      if (i < FIRST_LINES || i >= lines.size() - LAST_LINES) {
        message.append("\n    ").append(lines.get(i));
      } else if (i == FIRST_LINES) {
        message.append("\n    …");
      }
    }
    return new Failure(message.toString(), measured);
  }
}
