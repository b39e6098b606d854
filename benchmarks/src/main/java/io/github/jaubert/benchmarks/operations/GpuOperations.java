package io.github.jaubert.benchmarks.operations;

import io.github.jaubert.benchmarks.GpuOptions;
import io.github.jaubert.benchmarks.JaubertProgram;
import io.github.jaubert.benchmarks.measure.Timing;
import io.github.jaubert.benchmarks.measure.Work;
import io.github.jaubert.nn.Activation;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.List;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * Operations at the sizes of a GPU, with the names, FLOPs and bytes of {@code
 * benchmarks/peers/torch_gpu.py}: shapes of BERT-base. Times are those of the device's own clock.
 */
@Command(
    name = "gpu-operations",
    mixinStandardHelpOptions = true,
    description = "Times operations at the sizes of a GPU, one line of JSON each.")
public final class GpuOperations extends JaubertProgram {
  private static final int HEAD_DIM = 64;
  private static final int HIDDEN = 768;
  private static final int INTERMEDIATE = 4 * HIDDEN;

  @Mixin private GpuOptions options;

  /** Measures. */
  public static void main(String[] arguments) {
    run(new GpuOperations(), arguments);
  }

  @Override
  protected List<Work> works(int threads, long seed) {
    int tokens = options.tokens();
    OperationTable table = new OperationTable(tokens, options.dtype(), seed);
    table.add(copy(4096L * tokens, seed));
    double bytes = 4.0 * options.dtype().bytes() * tokens * HIDDEN;
    Supplier<Operation> layerNorm = table.layerNorm(HIDDEN, OperationTable.DROPOUT);
    String name = "bias+dropout+residual+LayerNorm";
    table.passes(true, name, "H" + HIDDEN, layerNorm, 0, bytes, 0, bytes);
    table.adamw("AdamW with clip 110M");
    int square = tokens / 8;
    double flops = 2.0 * square * square * square;
    Work product =
        Operation.inference("GEMM " + square, flops, 0, table.product(square, square, square));
    table.add( // as a rate, by which others are measured
        new Work(
            product.name(),
            "GF/s",
            flops,
            0,
            seconds -> Timing.rate(product.sampler().sample(seconds), flops / 1e6)));
    for (int[] size :
        new int[][] {{HIDDEN, HIDDEN}, {HIDDEN, INTERMEDIATE}, {INTERMEDIATE, HIDDEN}}) {
      table.add(
          Operation.inference(
              "GEMM " + size[0] + "x" + size[1],
              2.0 * tokens * size[0] * size[1],
              0,
              table.product(tokens, size[0], size[1])));
    }
    Supplier<Operation> gelu = table.layer(HIDDEN, INTERMEDIATE, Activation.GELU);
    double geluFlops = 2.0 * tokens * HIDDEN * INTERMEDIATE;
    table.add(Operation.inference("GEMM+bias+GELU 768x3072", geluFlops, 0, gelu));
    table.add(Operation.forward("GEMM+bias+GELU for training 768x3072", geluFlops, 0, gelu));
    for (int length : new int[] {128, 512, 2048}) {
      table.attention("d64 S" + length, table.equal(length), HEAD_DIM, 0);
    }
    for (int length : new int[] {128, 512}) {
      String shape = "d64 S" + length + " dropout";
      table.attention(shape, table.equal(length), HEAD_DIM, OperationTable.DROPOUT);
    }
    return table.works();
  }

  /** 1 GiB for 65,536 tokens. */
  private static Work copy(long count, long seed) {
    double bytes = 8.0 * count;
    return new Work(
        "copy",
        "GB/s",
        0,
        bytes,
        seconds -> {
          try (Scope scope = Scope.open()) {
            Tensor x = Tensor.randn(Rng.of(seed), count);
            Tensor y = Tensor.zeros(count);
            return Timing.rate(
                Timing.repeat(() -> y.copyFrom(x), seconds, Device.defaultDevice()::seconds),
                bytes / 1e9);
          }
        });
  }
}
