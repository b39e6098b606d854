package io.github.jaubert.benchmarks.operations;

import io.github.jaubert.benchmarks.GpuOptions;
import io.github.jaubert.benchmarks.JaubertProgram;
import io.github.jaubert.benchmarks.measure.Timing;
import io.github.jaubert.benchmarks.measure.Work;
import io.github.jaubert.nn.Activation;
import io.github.jaubert.nn.F;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import picocli.CommandLine;
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
  private static final int HEADS = 12;
  private static final int HEAD_DIM = 64;
  private static final int HIDDEN = HEADS * HEAD_DIM;
  private static final int INTERMEDIATE = 4 * HIDDEN;
  private static final float DROPOUT = 0.1f;

  @Mixin private GpuOptions options;

  private GpuOperations() {}

  /** Measures. */
  public static void main(String[] arguments) {
    System.exit(
        new CommandLine(new GpuOperations())
            .setCaseInsensitiveEnumValuesAllowed(true)
            .execute(arguments));
  }

  @Override
  protected List<Work> works(int threads, long seed) {
    options.requireMultipleOf(2048);
    int tokens = options.tokens();
    List<Work> works = new ArrayList<>();
    works.add(copy(seed));
    double tensor = (double) options.dtype().bytes() * tokens * HIDDEN;
    Supplier<Operation> layerNorm =
        () -> LayerWorks.openLayerNorm(tokens, HIDDEN, DROPOUT, options.dtype(), seed);
    String name = "bias+dropout+residual+LayerNorm ";
    works.add(OperationWorks.forward(name + "forward H" + HIDDEN, 0, 4 * tensor, layerNorm));
    works.add(OperationWorks.backward(name + "backward H" + HIDDEN, 0, 4 * tensor, layerNorm));
    works.add(TrainingWorks.adamw("AdamW with clip 110M", seed));
    int square = tokens / 8;
    works.add(asRate(product("GEMM " + square, square, square, square, seed)));
    works.add(product("GEMM 768x768", tokens, HIDDEN, HIDDEN, seed));
    works.add(product("GEMM 768x3072", tokens, HIDDEN, INTERMEDIATE, seed));
    works.add(product("GEMM 3072x768", tokens, INTERMEDIATE, HIDDEN, seed));
    double flops = 2.0 * tokens * HIDDEN * INTERMEDIATE;
    Supplier<Operation> gelu =
        () ->
            LayerWorks.openLinear(
                tokens, HIDDEN, INTERMEDIATE, Activation.GELU, options.dtype(), seed);
    works.add(OperationWorks.inference("GEMM+bias+GELU 768x3072", flops, 0, gelu));
    works.add(OperationWorks.forward("GEMM+bias+GELU for training 768x3072", flops, 0, gelu));
    for (int length : new int[] {128, 512, 2048}) {
      attention(works, length, 0, seed);
    }
    attention(works, 128, DROPOUT, seed);
    attention(works, 512, DROPOUT, seed);
    return works;
  }

  /** 1 GiB for 65,536 tokens. */
  private Work copy(long seed) {
    long count = 4096L * options.tokens();
    return new Work(
        "copy",
        "GB/s",
        0,
        8.0 * count,
        seconds -> {
          try (Scope scope = Scope.open()) {
            Tensor x = Tensor.randn(Rng.of(seed), count);
            Tensor y = Tensor.zeros(count);
            return Timing.rate(
                Timing.repeat(() -> y.copyFrom(x), seconds, Device.defaultDevice()::seconds),
                8.0 * count / 1e9);
          }
        });
  }

  /** x [rows, inner] times w^T, w [columns, inner], as a linear layer without bias. */
  private Work product(String name, int rows, int inner, int columns, long seed) {
    return OperationWorks.inference(
        name,
        2.0 * rows * inner * columns,
        0,
        () ->
            new Operation(
                1,
                seed,
                rng ->
                    new Tensor[] {
                      Operation.randn(rng, options.dtype(), rows, inner),
                      Operation.randn(rng, options.dtype(), columns, inner)
                    },
                rng -> new Tensor[0],
                (x, none) -> F.linear(x[0], x[1], null)));
  }

  /** A work as GF/s, by which others are measured. */
  private static Work asRate(Work work) {
    return new Work(
        work.name(),
        "GF/s",
        work.flops(),
        0,
        seconds -> Timing.rate(work.sampler().sample(seconds), work.flops() / 1e6));
  }

  private void attention(List<Work> works, int length, float dropout, long seed) {
    AttentionWorks.add(
        works,
        "d%d S%d%s".formatted(HEAD_DIM, length, dropout > 0 ? " dropout" : ""),
        SentenceLengths.equal(options.tokens(), length),
        HEAD_DIM,
        dropout,
        options.dtype(),
        seed);
  }
}
