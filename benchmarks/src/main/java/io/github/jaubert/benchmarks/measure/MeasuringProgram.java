package io.github.jaubert.benchmarks.measure;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine;
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

  @Option(
      names = "--only",
      defaultValue = "",
      description = "measure the works whose name contains a match")
  private Pattern only;

  @Option(names = "--list", description = "print the names of the works and measure nothing")
  private boolean list;

  @Option(names = "--seed", defaultValue = "0", description = "draws the inputs")
  private long seed;

  /** Sets up the library that computes, and says which it is, with versions. */
  protected abstract String start(int threads);

  /** The works, in the order they run. Inputs are made by a work's sampler, not here. */
  protected abstract List<Work> works(int threads, long seed);

  /** What the {@code main} of a program does: it ends the JVM with the exit code. */
  public static void run(Callable<Integer> program, String... arguments) {
    System.exit(
        new CommandLine(program)
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setUsageHelpAutoWidth(true)
            .execute(arguments));
  }

  @Override
  public final Integer call() {
    List<Work> works =
        works(threads, seed).stream().filter(work -> only.matcher(work.name()).find()).toList();
    if (works.isEmpty()) {
      System.err.println("no work matches --only " + only + "; --list shows the names");
      return 2;
    }
    if (list) {
      works.forEach(work -> System.out.println(work.name()));
      return 0;
    }
    String peer = start(threads);
    for (Work work : works) {
      double[] samples = work.sampler().sample(seconds);
      if (samples.length > 0) {
        System.out.println(Measurement.of(work, samples, peer).json());
      }
    }
    return 0;
  }
}
