package io.github.jaubert.benchmarks.comparison;

import io.github.jaubert.benchmarks.measure.Measurement;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

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

  /**
   * What a run gave.
   *
   * @param output what it printed to standard output
   * @param measured what it measured; of a program that failed, before that
   * @param failure why it failed, with its name, its command and its first and last words; null if
   *     it did not
   */
  record Outcome(String output, List<Measurement> measured, String failure) {}

  /** The same program with more arguments. */
  Program with(String... arguments) {
    return new Program(
        who, Stream.concat(command.stream(), Stream.of(arguments)).toList(), patience);
  }

  /** Runs it to its end. */
  Outcome run() {
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
      String what = null;
      if (!ended(process)) {
        what = "was still running after %s s".formatted(patience.toMillis() / 1e3);
      } else if (process.exitValue() != 0) {
        what = "ended with " + process.exitValue();
      }
      String output = Files.readString(out);
      return new Outcome(
          output, List.of(), what == null ? null : failure(what, output, Files.readString(err)));
    } catch (IOException e) {
      return new Outcome("", List.of(), failure("could not be run: " + e.getMessage(), "", ""));
    }
  }

  /** Runs it and reads what it measured; it fails, too, if that is nothing, or something else. */
  Outcome measure() {
    Outcome run = run();
    String failure = run.failure();
    List<Measurement> measured = new ArrayList<>();
    try {
      run.output().lines().filter(l -> !l.isBlank()).map(Measurement::parse).forEach(measured::add);
      if (failure == null && measured.isEmpty()) {
        failure = failure("measured nothing", run.output(), "");
      }
    } catch (IllegalArgumentException e) { // what failed may have ended within a line
      failure = failure != null ? failure : failure("printed " + e.getMessage(), run.output(), "");
    }
    return new Outcome(run.output(), measured, failure);
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
    children.forEach(ProcessHandle::destroyForcibly);
    children.forEach(child -> child.onExit().join());
    return false;
  }

  /** With the command, but for a class path, which nobody wants to read. */
  private String failure(String what, String output, String errors) {
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
    return message.toString();
  }
}
