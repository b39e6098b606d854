package io.github.jaubert.benchmarks.measure;

import java.util.regex.Pattern;
import picocli.CommandLine.Option;

/** The options that every measuring program has, a peer's in Python or Java too. */
public final class MeasureOptions {
  @Option(names = "--threads", defaultValue = "2", description = "Threads to compute with.")
  private int threads;

  @Option(
      names = "--seconds",
      defaultValue = "2",
      description = "How long to repeat each work, three times at least.")
  private double seconds;

  @Option(names = "--seed", defaultValue = "1", description = "Of all random inputs.")
  private long seed;

  @Option(
      names = "--only",
      paramLabel = "REGEX",
      defaultValue = "",
      description = "Only works whose name has a match of this.")
  private Pattern only;

  @Option(names = "--list", description = "Print the names of the works and measure nothing.")
  private boolean list;

  /** Threads to compute with. */
  public int threads() {
    return threads;
  }

  /** How long to repeat each work. */
  public double seconds() {
    return seconds;
  }

  /** The seed of all random inputs. */
  public long seed() {
    return seed;
  }

  /** Whether the names alone are asked for. */
  public boolean list() {
    return list;
  }

  /** Whether this work is asked for. */
  public boolean wants(String work) {
    return only.matcher(work).find();
  }
}
