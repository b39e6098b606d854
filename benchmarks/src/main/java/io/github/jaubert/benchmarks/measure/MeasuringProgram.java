package io.github.jaubert.benchmarks.measure;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;

/** The options every measuring program has, and the loop over its works. */
public abstract class MeasuringProgram implements Callable<Integer> {
  @Option(names = "--threads", defaultValue = "2", description = "threads to compute with")
  private int threads;

  @Option(
      names = "--seconds",
      defaultValue = "1",
      description = "how long each work is repeated, warm-up included")
  private double seconds;

  @Option(names = "--only", description = "measure the works whose name contains a match")
  private Pattern only;

  @Option(names = "--list", description = "print the names of the works and measure nothing")
  private boolean list;

  @Option(names = "--seed", defaultValue = "0", description = "draws the inputs")
  private long seed;

  /** Sets up the library that computes. */
  protected abstract void start(int threads);

  /** The works, in the order they run. Inputs are made by a work's sampler, not here. */
  protected abstract List<Work> works(int threads, long seed);

  /** Who computes, with versions. Called after {@link #start}. */
  protected abstract String program();

  @Override
  public final Integer call() {
    List<Work> works =
        works(threads, seed).stream()
            .filter(work -> only == null || only.matcher(work.name()).find())
            .toList();
    if (works.isEmpty()) {
      System.err.println("no work matches --only " + only + "; --list shows the names");
      return 2;
    }
    if (list) {
      works.forEach(work -> System.out.println(work.name()));
      return 0;
    }
    start(threads);
    String program = program();
    for (Work work : works) {
      double[] samples = work.sampler().sample(seconds);
      System.out.println(new Measurement(work, samples, program).json());
    }
    return 0;
  }
}
