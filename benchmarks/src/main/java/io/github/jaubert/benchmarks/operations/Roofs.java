package io.github.jaubert.benchmarks.operations;

import io.github.jaubert.benchmarks.measure.MeasuringProgram;
import io.github.jaubert.benchmarks.measure.Timing;
import io.github.jaubert.benchmarks.measure.Work;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.openblas.global.openblas_nolapack;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** What the machine can do at best right now: the roofs that operations are held against. */
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
  private static final double GEMM_FLOPS = 2.0 * SIZE * SIZE * SIZE;
  private static final double GIGA = 1e9;

  private Roofs() {}

  /** Measures. */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Roofs()).execute(arguments));
  }

  @Override
  protected void start(int threads) {}

  @Override
  protected String program() {
    try (NativeRoofs program = new NativeRoofs()) {
      return "%s (kernels for %s); Jaubert, %s"
          .formatted(
              openblas_nolapack.OPENBLAS_VERSION.strip(),
              program.openBlasCore(),
              Device.cpu().description());
    }
  }

  @Override
  protected List<Work> works(int threads, long seed) {
    List<Work> works = new ArrayList<>();
    addAll(works, 1, seed);
    if (threads > 1) {
      addAll(works, threads, seed);
    }
    return works;
  }

  private static void addAll(List<Work> works, int threads, long seed) {
    String suffix = threads == 1 ? " 1 thread" : " " + threads + " threads";
    works.add(
        new Work(
            "sgemm Jaubert" + suffix,
            "GF/s",
            GEMM_FLOPS,
            0,
            seconds -> Timing.rate(sgemm(threads, seed, seconds), GEMM_FLOPS / GIGA)));
    add(works, "sgemm OpenBLAS" + suffix, "GF/s", NativeRoofs::sgemm, threads);
    add(works, "copy" + suffix, "GB/s", NativeRoofs::copy, threads);
    add(works, "triad" + suffix, "GB/s", NativeRoofs::triad, threads);
  }

  @FunctionalInterface
  private interface Roof {
    double[] measure(NativeRoofs program, int threads, double seconds);
  }

  private static void add(List<Work> works, String name, String unit, Roof roof, int threads) {
    works.add(
        new Work(
            name,
            unit,
            unit.equals("GF/s") ? GEMM_FLOPS : 0,
            0,
            seconds -> {
              try (NativeRoofs program = new NativeRoofs()) {
                return roof.measure(program, threads, seconds);
              }
            }));
  }

  private static double[] sgemm(int threads, long seed, double seconds) {
    int before = Device.cpu().threads();
    Device.cpu().threads(threads);
    try (Scope scope = Scope.open()) {
      Rng rng = Rng.of(seed);
      Tensor a = Tensor.randn(rng, SIZE, SIZE);
      Tensor b = Tensor.randn(rng, SIZE, SIZE);
      return Timing.repeat(() -> a.matmul(b).close(), seconds);
    } finally {
      Device.cpu().threads(before);
    }
  }
}
