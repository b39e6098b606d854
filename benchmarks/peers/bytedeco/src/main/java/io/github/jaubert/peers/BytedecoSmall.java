package io.github.jaubert.peers;

import static org.bytedeco.pytorch.global.torch.randn;
import static org.bytedeco.pytorch.global.torch.set_num_threads;

import io.github.jaubert.benchmarks.measure.MeasuringProgram;
import io.github.jaubert.benchmarks.measure.SmallCalls;
import io.github.jaubert.benchmarks.measure.Work;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BinaryOperator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * What a call of Bytedeco's PyTorch costs when there is almost nothing to compute; the result is
 * freed.
 */
@Command(name = "bytedeco-small", mixinStandardHelpOptions = true)
public final class BytedecoSmall extends MeasuringProgram {
  private BytedecoSmall() {}

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new BytedecoSmall()).execute(arguments));
  }

  @Override
  protected void start(int threads) {
    set_num_threads(threads);
  }

  @Override
  protected String program() {
    return Library.name();
  }

  @Override
  protected List<Work> works(int threads, long seed) {
    List<Work> works = new ArrayList<>();
    add(works, "add 8x8", new long[] {8, 8}, Tensor::add);
    add(works, "add 8x8+8", new long[] {8}, Tensor::add);
    add(works, "matmul 8x8", new long[] {8, 8}, Tensor::matmul);
    return works;
  }

  private static void add(
      List<Work> works, String name, long[] right, BinaryOperator<Tensor> operation) {
    works.addAll(
        SmallCalls.works(
            name,
            measure -> {
              try (PointerScope memory = new PointerScope()) {
                Tensor a = randn(8, 8);
                Tensor b = randn(right);
                return measure.apply(() -> operation.apply(a, b).close());
              }
            }));
  }
}
