package io.github.jaubert.benchmarks.operations;

import io.github.jaubert.nn.Activation;
import org.openjdk.jmh.annotations.Param;

/** A linear layer with bias over 4,096 tokens. */
public class LinearBenchmark extends OperationBenchmark {
  /** The size of the input. */
  @Param({"384", "768"})
  public int in;

  /** The size of the output. */
  @Param({"384", "3072"})
  public int out;

  /** What follows the bias. */
  @Param({"NONE", "GELU"})
  public Activation activation;

  @Override
  protected Operation open() {
    return LayerWorks.openLinear(LayerWorks.TOKENS, in, out, activation, 0);
  }
}
