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
  private static final double FLOPS = 2.0 * SIZE * SIZE * SIZE;

  private final NativeRoofs others = new NativeRoofs();

  /** Measures. */
  public static void main(String[] arguments) {
    run(new Roofs(), arguments);
  }

  @Override
  protected String start(int threads) {
    return "%s (kernels for %s); Jaubert, %s"
        .formatted(
            openblas_nolapack.OPENBLAS_VERSION.strip(),
            others.openBlasCore(),
            Device.cpu().description());
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
              "sgemm OpenBLAS" + suffix,
              "GF/s",
              FLOPS,
              0,
              time -> others.best("sgemm", count, time)));
      for (String what : List.of("copy", "triad")) {
        works.add(Work.of(what + suffix, "GB/s", time -> others.best(what, count, time)));
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
}
