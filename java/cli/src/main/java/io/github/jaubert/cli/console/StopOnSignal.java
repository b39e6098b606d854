package io.github.jaubert.cli.console;

import io.github.jaubert.train.TrainingInterruptedException;
import java.io.PrintWriter;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jline.utils.Signals;
import picocli.CommandLine.IExitCodeGenerator;

/**
 * While a run goes on, Ctrl-C, a request to end (SIGTERM) and a terminal that goes away (SIGHUP)
 * interrupt its thread rather than the program, so that it keeps a checkpoint. A second signal ends
 * the program at once. Where a signal is ignored, as under {@code nohup}, it stays so.
 */
public final class StopOnSignal implements AutoCloseable {
  private static final Map<String, Integer> NUMBERS = Map.of("INT", 2, "TERM", 15, "HUP", 1);

  private final PrintWriter err;
  private final Thread runner = Thread.currentThread();
  private final Map<String, Object> before = new HashMap<>();
  private volatile String received = "INT"; // what an interrupt without a signal counts as

  private StopOnSignal(PrintWriter err) {
    this.err = err;
    for (String name : NUMBERS.keySet()) {
      before.put(name, Signals.register(name, () -> stop(name)));
    }
  }

  /**
   * Trains.
   *
   * @throws Stopped if the run was interrupted
   */
  public static <T> T during(PrintWriter err, Supplier<T> run) {
    try (StopOnSignal signals = new StopOnSignal(err)) {
      try {
        return run.get();
      } catch (TrainingInterruptedException e) {
        throw new Stopped(e, 128 + NUMBERS.get(signals.received));
      }
    }
  }

  /** In a thread of the virtual machine. */
  private void stop(String name) {
    received = name;
    NUMBERS.keySet().forEach(Signals::registerDefault);
    if (System.console() != null) {
      err.println(); // below the bar
    }
    err.println("jaubert: stopping after this step; a second signal ends at once");
    runner.interrupt();
  }

  @Override
  public void close() {
    before.forEach(
        (name, handler) -> {
          if (handler != null) {
            Signals.unregister(name, handler);
          }
        });
  }

  /** A run that ended early, with the exit code of a program that a signal has ended. */
  static final class Stopped extends RuntimeException implements IExitCodeGenerator {
    private static final long serialVersionUID = 1L;

    private final int code;

    Stopped(TrainingInterruptedException e, int code) {
      super(
          e.checkpoint().isPresent()
              ? "interrupted after step %d; the same command goes on from there".formatted(e.step())
              : e.getMessage(),
          e);
      this.code = code;
    }

    @Override
    public int getExitCode() {
      return code;
    }
  }
}
