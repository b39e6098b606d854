package io.github.jaubert.benchmarks.operations;

import io.github.jaubert.benchmarks.GpuOptions;
import io.github.jaubert.benchmarks.JaubertProgram;
import io.github.jaubert.benchmarks.measure.SmallCalls;
import io.github.jaubert.benchmarks.measure.Work;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BinaryOperator;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * Times Jaubert's operations through its public Java API, by the clock of the device; {@code
 * benchmarks/peers/torch_ops.py} is the counterpart for PyTorch.
 */
@Command(
    name = "operations",
    mixinStandardHelpOptions = true,
    description = {
      "Times Jaubert's operations, one line of JSON each.",
      "flops and bytes of a call are counted as the Javadoc of OperationTable says: products and"
          + " sums of the formula, every operand once."
    })
public final class Operations extends JaubertProgram {
  @Mixin private GpuOptions options;

  /** Measures. */
  public static void main(String[] arguments) {
    run(new Operations(), arguments);
  }

  @Override
  protected List<Work> works(int threads, long seed) {
    if (options.tokens() > 0) {
      return OperationTable.ofGpu(options.tokens(), options.dtype(), seed).works();
    }
    List<Work> works = new ArrayList<>(OperationTable.ofCpu(seed).works());
    Rng rng = Rng.of(seed);
    List<Work> closed =
        SmallCalls.works(
            "",
            Scope::open,
            shape -> Tensor.randn(rng, shape),
            Tensor::add,
            Tensor::matmul,
            Tensor::close);
    List<Work> inScope =
        SmallCalls.works(
            ", in a scope",
            Scope::open,
            shape -> Tensor.randn(rng, shape),
            (a, b) -> inScope(Tensor::add, a, b),
            (a, b) -> inScope(Tensor::matmul, a, b),
            freed -> {});
    for (int i = 0; i < closed.size(); i += 2) { // the time of a call, and its garbage
      works.addAll(closed.subList(i, i + 2));
      works.addAll(inScope.subList(i, i + 2));
    }
    return works;
  }

  private static Tensor inScope(BinaryOperator<Tensor> operation, Tensor a, Tensor b) {
    try (Scope around = Scope.open()) {
      return operation.apply(a, b);
    }
  }
}
