package io.github.jaubert.benchmarks.measure;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The memory that the operating system gave this process. */
public final class ResidentMemory {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final String PEAK = "VmHWM:";

  private ResidentMemory() {}

  /**
   * The most that was resident at any time, in MB (10⁶ bytes): code, Java's heap and everything
   * else.
   */
  public static double peakMegabytes() {
    try {
      String line =
          Files.readAllLines(STATUS).stream()
              .filter(candidate -> candidate.startsWith(PEAK))
              .findFirst()
              .orElseThrow(() -> new IllegalStateException(STATUS + " has no " + PEAK));
      String[] parts = line.substring(PEAK.length()).strip().split(" "); // "1234 kB"
      return Long.parseLong(parts[0]) * 1024 / 1e6;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
