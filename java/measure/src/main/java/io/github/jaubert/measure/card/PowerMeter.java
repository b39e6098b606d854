package io.github.jaubert.measure.card;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * The power that the processor takes from the moment that this is made: by its own counters where
 * they can be read (Linux's powercap, Intel's and AMD's RAPL; most systems let root alone), else by
 * an estimate. Other programs on the machine count, too; a GPU does not.
 */
public final class PowerMeter {
  /** Where the figure comes from. */
  public enum Source {
    /** The counters of the processor. */
    RAPL("counted by the processor (RAPL), other programs on the machine included"),
    /** By the number of processors and the size of memory. */
    ESTIMATE(
        "an estimate, 12 W a processor and 0.37 W a GiB of memory (Green Algorithms, Lannelongue et al. 2021), as"
            + " no counter could be read");

    private final String words;

    Source(String words) {
      this.words = words;
    }

    String words() {
      return words;
    }
  }

  private static final Path COUNTERS = Path.of("/sys/class/powercap");
  private static final double WATTS_OF_PROCESSOR = 12;
  private static final double WATTS_OF_GIB = 0.37;
  private static final double MICRO = 1e-6;

  private final Path counters;
  private final Map<Path, Long> atStart;
  private final long started = System.nanoTime();

  /** Begins to count. */
  public PowerMeter() {
    this(COUNTERS);
  }

  PowerMeter(Path counters) {
    this.counters = counters;
    this.atStart = read();
  }

  /**
   * What was taken since, on average.
   *
   * @param memoryGib of the machine, for the estimate
   */
  public Reading read(double memoryGib) {
    OptionalDouble joules = joules(read());
    double seconds = (System.nanoTime() - started) * 1e-9;
    return joules.isPresent() && seconds > 0
        ? new Reading(joules.getAsDouble() / seconds, Source.RAPL)
        : new Reading(
            Runtime.getRuntime().availableProcessors() * WATTS_OF_PROCESSOR
                + memoryGib * WATTS_OF_GIB,
            Source.ESTIMATE);
  }

  /**
   * An average.
   *
   * @param watts of processor and, where it is known, memory
   */
  public record Reading(double watts, Source source) {}

  /**
   * The counters of whole packages and of their memory, in microjoules; empty if there are none.
   */
  private Map<Path, Long> read() {
    Map<Path, Long> found = new LinkedHashMap<>();
    try (DirectoryStream<Path> zones = Files.newDirectoryStream(counters, "intel-rapl:*")) {
      for (Path zone : zones) {
        String name = Files.readString(zone.resolve("name")).strip();
        // Cores and graphics are parts of a package, and a whole system holds all packages.
        if (name.startsWith("package") || name.equals("dram")) {
          found.put(zone, number(zone.resolve("energy_uj")));
        }
      }
    } catch (IOException | NumberFormatException e) {
      return Map.of(); // not there, or not ours to read: an estimate then
    }
    return found;
  }

  private static long number(Path file) throws IOException {
    return Long.parseLong(Files.readString(file).strip());
  }

  /** A counter begins again at 0 after its largest value. */
  private OptionalDouble joules(Map<Path, Long> now) {
    if (atStart.isEmpty() || !now.keySet().equals(atStart.keySet())) {
      return OptionalDouble.empty();
    }
    double sum = 0;
    for (Map.Entry<Path, Long> counter : now.entrySet()) {
      long taken = counter.getValue() - atStart.get(counter.getKey());
      try {
        sum += taken >= 0 ? taken : taken + number(counter.getKey().resolve("max_energy_range_uj"));
      } catch (IOException | NumberFormatException e) {
        return OptionalDouble.empty();
      }
    }
    return OptionalDouble.of(sum * MICRO);
  }
}
