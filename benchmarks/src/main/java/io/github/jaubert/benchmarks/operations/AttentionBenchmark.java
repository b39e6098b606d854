package io.github.jaubert.benchmarks.operations;

import org.openjdk.jmh.annotations.Param;

/** Fused attention over 4,096 tokens in sequences of one length. */
public class AttentionBenchmark extends OperationBenchmark {
  /** The size of a head. */
  @Param({"32", "64"})
  public int headDim;

  /** Tokens of a sequence. */
  @Param({"32", "128", "512"})
  public int length;

  @Override
  protected Operation open() {
    return AttentionWorks.open(SentenceLengths.equal(AttentionWorks.TOKENS, length), headDim, 0, 0);
  }
}
