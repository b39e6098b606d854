package io.github.jaubert.peers;

import static org.bytedeco.pytorch.global.torch.randn;
import static org.bytedeco.pytorch.global.torch.set_num_threads;

import io.github.jaubert.benchmarks.measure.MeasuringProgram;
import io.github.jaubert.benchmarks.measure.SmallCalls;
import io.github.jaubert.benchmarks.measure.Work;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import picocli.CommandLine.Command;

/**
 * What a call of Bytedeco's PyTorch costs when there is almost nothing to compute; the result is
 * freed.
 */
@Command(name = "bytedeco-small", mixinStandardHelpOptions = true)
public final class BytedecoSmall extends MeasuringProgram {
  public static void main(String[] arguments) {
    run(new BytedecoSmall(), arguments);
  }

  @Override
  protected String start(int threads) {
    set_num_threads(threads);
    return BytedecoStep.name();
  }

  @Override
  protected List<Work> works(int threads, long seed) {
    return SmallCalls.works(
        "",
        PointerScope::new,
        shape -> randn(shape),
        Tensor::add,
        Tensor::matmul,
        Tensor::close);
  }
}
