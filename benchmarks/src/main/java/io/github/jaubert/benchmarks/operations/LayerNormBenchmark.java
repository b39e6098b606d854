package io.github.jaubert.benchmarks.operations;

import org.openjdk.jmh.annotations.Param;

/** Bias, dropout, residual and LayerNorm over 4,096 tokens. */
public class LayerNormBenchmark extends OperationBenchmark {
  /** The width of a row. */
  @Param({"384", "768"})
  public int hidden;

  @Override
  protected Operation open() {
    return LayerWorks.openLayerNorm(LayerWorks.TOKENS, hidden, 0.1f, 0);
  }
}
