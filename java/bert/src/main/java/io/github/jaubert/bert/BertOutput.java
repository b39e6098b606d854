package io.github.jaubert.bert;

import io.github.jaubert.nn.Activation;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Tensor;

/** What a BERT computes of a batch. */
public final class BertOutput {
  private final Tensor lastHidden;
  private final PackedSequences lengths;
  private final TokenInputs inputs; // null: the rows of first tokens are made when they are needed
  private final Linear pooler;
  private Tensor pooled;

  BertOutput(Tensor lastHidden, PackedSequences lengths, TokenInputs inputs, Linear pooler) {
    this.lastHidden = lastHidden;
    this.lengths = lengths;
    this.inputs = inputs;
    this.pooler = pooler;
  }

  /**
   * The hidden states after the last layer, {@code [tokens, hidden]}, of {@link Bert#computeType}.
   */
  public Tensor lastHidden() {
    return lastHidden;
  }

  /** Where the sequences lie in the rows of {@link #lastHidden}. */
  public PackedSequences lengths() {
    return lengths;
  }

  /**
   * {@code tanh(dense(h))} of the first token of each sequence, F32 {@code [sequences, hidden]};
   * computed, in the scope that is then open, when it is first asked for.
   *
   * @throws IllegalArgumentException if a sequence has no token
   * @throws IllegalStateException if the inputs have been overwritten since
   */
  public Tensor pooled() {
    if (pooled == null) {
      requireTokens(lengths);
      if (inputs != null && inputs.lengths() != lengths) {
        throw new IllegalStateException(
            "pooled: the inputs were set to another batch since, which lies in other rows");
      }
      Tensor rows = inputs != null ? inputs.starts() : lengths.starts().to(lastHidden.device());
      pooled = pool(pooler, lastHidden.indexSelect(0, rows));
    }
    return pooled;
  }

  /**
   * The hidden states of the first tokens, {@code [sequences, hidden]}, as a classifier has them:
   * from here on in F32.
   */
  static Tensor pool(Linear pooler, Tensor firstTokens) {
    return pooler.forward(firstTokens.to(DType.F32), Activation.TANH);
  }

  /** Refuses sequences that have no first token. */
  static void requireTokens(PackedSequences lengths) {
    for (int i = 0; i < lengths.count(); i++) {
      if (lengths.length(i) == 0) {
        throw new IllegalArgumentException("pooled: sequence " + i + " of the batch has no token");
      }
    }
  }
}
