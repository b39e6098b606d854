package io.github.jaubert.benchmarks.operations;

import io.github.jaubert.benchmarks.measure.Measurement;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas_nolapack;

/**
 * Runs {@code roofs.cpp}, compiled here for this processor: streaming stores are out of Java's
 * reach, and in a process of its own OpenBLAS chooses its kernels and threads by itself.
 */
final class NativeRoofs implements AutoCloseable {
  private static final String SOURCE = "roofs.cpp";

  /** Variables that would choose OpenBLAS's kernels for it. */
  private static final List<String> OPENBLAS_VARIABLES =
      List.of("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS");

  private static final List<String> OPENBLAS_LIBRARIES =
      List.of("libgcc_s.so.1", "libquadmath.so.0", "libgfortran.so.5", "libopenblas.so.0");

  private final Path directory;
  private final Path program;
  private final Path openBlas;

  /**
   * Compiles.
   *
   * @throws IllegalStateException if there is no C++ compiler called {@code c++}, with its words
   */
  NativeRoofs() {
    try {
      directory = Files.createTempDirectory("jaubert-roofs");
      program = directory.resolve("roofs");
      Path source = directory.resolve(SOURCE);
      try (InputStream in = NativeRoofs.class.getResourceAsStream(SOURCE)) {
        Files.copy(in, source, StandardCopyOption.REPLACE_EXISTING);
      }
      openBlas = unpackOpenBlas();
      run(
          "c++",
          "-O3",
          "-march=native",
          "-std=c++17",
          "-pthread",
          "-o",
          program.toString(),
          source.toString(),
          "-ldl");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The library and those that it needs, in JavaCPP's cache. Loading a preset would not do: it
   * unpacks what that one links with, under names of its own.
   */
  private static Path unpackOpenBlas() throws IOException {
    Path folder = null;
    for (String library : OPENBLAS_LIBRARIES) {
      String resource = "/org/bytedeco/openblas/" + Loader.getPlatform() + "/" + library;
      File unpacked = Loader.cacheResource(openblas_nolapack.class, resource);
      if (unpacked == null) {
        throw new IllegalStateException("roofs: the jar of OpenBLAS has no " + resource);
      }
      folder = unpacked.toPath().getParent();
    }
    return folder;
  }

  /** GF/s of OpenBLAS's sgemm of 2048 x 2048. */
  double[] sgemm(int threads, double seconds) {
    return best("sgemm", threads, seconds);
  }

  /** GB/s of y = x by the fastest way, arrays of 256 MiB. */
  double[] copy(int threads, double seconds) {
    return best("copy", threads, seconds);
  }

  /** GB/s of y = x + s z by the fastest way, arrays of 256 MiB. */
  double[] triad(int threads, double seconds) {
    return best("triad", threads, seconds);
  }

  /** The processor whose kernels OpenBLAS chose, as it names it. */
  String openBlasCore() {
    return output("sgemm", 1, 0).strip().split(" ")[0];
  }

  private String output(String what, int threads, double seconds) {
    return run(
        program.toString(),
        what,
        Integer.toString(threads),
        Double.toString(seconds),
        openBlas.resolve("libopenblas.so.0").toString());
  }

  private double[] best(String what, int threads, double seconds) {
    String output = output(what, threads, seconds);
    double[] best = {0};
    for (String line : output.lines().toList()) {
      String[] words = line.split(" ");
      double[] samples = Arrays.stream(words).skip(1).mapToDouble(Double::parseDouble).toArray();
      System.err.printf(
          "%s, %d threads, by %s: %.1f%n", what, threads, words[0], Measurement.median(samples));
      if (Measurement.median(samples) > Measurement.median(best)) {
        best = samples;
      }
    }
    return best;
  }

  private String run(String... command) {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().keySet().removeAll(OPENBLAS_VARIABLES);
    builder.environment().put("LD_LIBRARY_PATH", openBlas.toString());
    builder.redirectErrorStream(false).redirectError(ProcessBuilder.Redirect.INHERIT);
    try {
      Process process = builder.start();
      String output = new String(process.getInputStream().readAllBytes());
      int status = process.waitFor();
      if (status != 0) {
        throw new IllegalStateException(command[0] + " ended with status " + status);
      }
      return output;
    } catch (IOException e) {
      throw new IllegalStateException("roofs: cannot run " + command[0], e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while " + command[0] + " ran", e);
    }
  }

  @Override
  public void close() {
    try {
      Files.deleteIfExists(program);
      Files.deleteIfExists(directory.resolve(SOURCE));
      Files.delete(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
