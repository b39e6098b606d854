package io.github.jaubert.benchmarks.operations;

import io.github.jaubert.benchmarks.measure.Measurement;
import io.github.jaubert.benchmarks.measure.MeasuringProgram;
import io.github.jaubert.benchmarks.measure.Timing;
import io.github.jaubert.benchmarks.measure.Work;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas_nolapack;
import picocli.CommandLine.Command;

/**
 * What the machine can do at best right now: the roofs that operations are held against. Others'
 * are measured by {@code roofs.cpp}, compiled here for this processor: streaming stores are out of
 * Java's reach, and in a process of its own OpenBLAS chooses its kernels and threads by itself.
 */
@Command(
    name = "roofs",
    mixinStandardHelpOptions = true,
    description = {
      "Measures the machine's roofs on 1 thread and on --threads: matrix products of 2048 x 2048,"
          + " ours and OpenBLAS's, in GF/s; copy and triad of 256 MiB arrays in GB/s, counted as"
          + " read + written, each by the fastest of memcpy or a plain loop and streaming stores.",
      "OpenBLAS, copy and triad run in a process of their own, which has to compile: it needs c++."
    })
public final class Roofs extends MeasuringProgram {
  private static final int SIZE = 2048;
  private static final double FLOPS = 2.0 * SIZE * SIZE * SIZE;

  /** Variables that would choose OpenBLAS's kernels for it. */
  private static final List<String> OPENBLAS_VARIABLES =
      List.of("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS");

  private static final List<String> OPENBLAS_LIBRARIES =
      List.of("libgcc_s.so.1", "libquadmath.so.0", "libgfortran.so.5", "libopenblas.so.0");

  private Path folder; // of the program; null as long as it is not compiled
  private String openBlas; // the folder of its library

  /** Measures. */
  public static void main(String[] arguments) {
    run(new Roofs(), arguments);
  }

  @Override
  protected String start(int threads) {
    return "%s (kernels for %s); Jaubert, %s"
        .formatted(
            openblas_nolapack.OPENBLAS_VERSION.strip(), openBlasCore(), Device.cpu().description());
  }

  @Override
  protected List<Work> works(int threads, long seed) {
    List<Work> works = new ArrayList<>();
    for (int count : threads > 1 ? new int[] {1, threads} : new int[] {1}) {
      String suffix = count == 1 ? " 1 thread" : " " + count + " threads";
      works.add(
          new Work("sgemm Jaubert" + suffix, "GF/s", FLOPS, 0, time -> sgemm(count, seed, time)));
      works.add(
          new Work(
              "sgemm OpenBLAS" + suffix, "GF/s", FLOPS, 0, time -> best("sgemm", count, time)));
      for (String what : List.of("copy", "triad")) {
        works.add(Work.of(what + suffix, "GB/s", time -> best(what, count, time)));
      }
    }
    return works;
  }

  private static double[] sgemm(int threads, long seed, double seconds) {
    int before = Device.cpu().threads();
    Device.cpu().threads(threads);
    try (Scope scope = Scope.open()) {
      Rng rng = Rng.of(seed);
      Tensor a = Tensor.randn(rng, SIZE, SIZE);
      Tensor b = Tensor.randn(rng, SIZE, SIZE);
      return Timing.rate(Timing.repeat(() -> a.matmul(b).close(), seconds), FLOPS / 1e9);
    } finally {
      Device.cpu().threads(before);
    }
  }

  /**
   * GF/s of sgemm of 2048 x 2048 by OpenBLAS, or GB/s of arrays of 256 MiB by the fastest way: of
   * {@code copy}, y = x, or of {@code triad}, y = x + s z.
   */
  private double[] best(String what, int threads, double seconds) {
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
  private String openBlasCore() {
    return output("sgemm", 1, 0).strip().split(" ")[0];
  }

  private String output(String what, int threads, double seconds) {
    try {
      if (folder == null) {
        compile();
      }
      String program = folder.resolve("roofs").toString();
      return execute(program, what, "" + threads, "" + seconds);
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
    try (InputStream in = Roofs.class.getResourceAsStream("roofs.cpp")) {
      Files.copy(in, folder.resolve("roofs.cpp"));
    }
    String library = openBlas + "/libopenblas.so.0";
    execute(
        "c++", "-O3", "-march=native", "-std=c++17", "-pthread", "-oroofs", "roofs.cpp", library);
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

  private String execute(String... command) throws IOException {
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
