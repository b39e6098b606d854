package io.github.jaubert.benchmarks.operations;

import io.github.jaubert.benchmarks.measure.Measurement;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas_nolapack;

/**
 * Runs {@code roofs.cpp}, compiled here for this processor: streaming stores are out of Java's
 * reach, and in a process of its own OpenBLAS chooses its kernels and threads by itself.
 */
final class NativeRoofs {
  /** Variables that would choose OpenBLAS's kernels for it. */
  private static final List<String> OPENBLAS_VARIABLES =
      List.of("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS");

  private static final List<String> OPENBLAS_LIBRARIES =
      List.of("libgcc_s.so.1", "libquadmath.so.0", "libgfortran.so.5", "libopenblas.so.0");

  private Path folder; // of the program; null as long as it is not compiled
  private String openBlas; // the folder of its library

  /**
   * GF/s of sgemm of 2048 x 2048 by OpenBLAS, or GB/s of arrays of 256 MiB by the fastest way: of
   * {@code copy}, y = x, or of {@code triad}, y = x + s z.
   */
  double[] best(String what, int threads, double seconds) {
    double[] best = {0};
    for (String line : output(what, threads, seconds).lines().toList()) {
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

  /** The processor whose kernels OpenBLAS chose, as it names it. */
  String openBlasCore() {
    return output("sgemm", 1, 0).strip().split(" ")[0];
  }

  private String output(String what, int threads, double seconds) {
    try {
      if (folder == null) {
        compile();
      }
      String program = folder.resolve("roofs").toString();
      return run(program, what, "" + threads, "" + seconds);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Into a folder that goes with this JVM. */
  private void compile() throws IOException {
    openBlas = unpackOpenBlas();
    folder = Files.createTempDirectory("jaubert-roofs");
    folder.toFile().deleteOnExit(); // in the reverse order
    for (String file : List.of("roofs.cpp", "roofs")) {
      folder.resolve(file).toFile().deleteOnExit();
    }
    try (InputStream in = NativeRoofs.class.getResourceAsStream("roofs.cpp")) {
      Files.copy(in, folder.resolve("roofs.cpp"));
    }
    String library = openBlas + "/libopenblas.so.0";
    run("c++", "-O3", "-march=native", "-std=c++17", "-pthread", "-oroofs", "roofs.cpp", library);
  }

  /**
   * The library and those that it needs, in JavaCPP's cache. Loading a preset would not do: it
   * unpacks what that one links with, under names of its own.
   */
  private static String unpackOpenBlas() throws IOException {
    File unpacked = null;
    for (String library : OPENBLAS_LIBRARIES) {
      String resource = "/org/bytedeco/openblas/" + Loader.getPlatform() + "/" + library;
      unpacked = Loader.cacheResource(openblas_nolapack.class, resource);
      if (unpacked == null) {
        throw new IllegalStateException("roofs: the jar of OpenBLAS has no " + resource);
      }
    }
    return unpacked.getParent();
  }

  private String run(String... command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.environment().keySet().removeAll(OPENBLAS_VARIABLES);
    builder.environment().put("LD_LIBRARY_PATH", openBlas);
    Process process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String output = new String(process.getInputStream().readAllBytes());
    int status = process.onExit().join().exitValue();
    if (status != 0) {
      throw new IllegalStateException("roofs: %s ended with %d".formatted(command[0], status));
    }
    return output;
  }
}
