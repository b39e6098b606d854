package io.github.jaubert.benchmarks.operations;

import io.github.jaubert.benchmarks.JaubertProgram;
import io.github.jaubert.benchmarks.measure.Work;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * Times Jaubert's operations through its public Java API; {@code benchmarks/peers/torch_ops.py} is
 * the counterpart for PyTorch.
 */
@Command(
    name = "operations",
    mixinStandardHelpOptions = true,
    description = {
      "Times Jaubert's operations, one line of JSON each.",
      "flops and bytes of a call are counted as the Javadoc of AttentionWorks, LayerWorks and"
          + " TrainingWorks says: products and sums of the formula, every operand once."
    })
public final class Operations extends JaubertProgram {
  private Operations() {}

  /** Measures. */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Operations()).execute(arguments));
  }

  @Override
  protected List<Work> works(int threads, long seed) {
    List<Work> works = new ArrayList<>();
    AttentionWorks.add(works, seed);
    LayerWorks.add(works, seed);
    TrainingWorks.add(works, seed);
    SmallWorks.add(works, seed);
    return works;
  }
}
