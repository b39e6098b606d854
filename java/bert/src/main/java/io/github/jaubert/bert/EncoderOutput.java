package io.github.jaubert.bert;

import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Tensor;

/** What an encoder computes of a batch. */
public final class EncoderOutput {
  private final Encoder encoder;
  private final Tensor lastHidden;
  private final PackedSequences lengths;
  private final TokenInputs inputs; // null: the rows of first tokens are made when they are needed
  private Tensor pooled;

  EncoderOutput(Encoder encoder, Tensor lastHidden, PackedSequences lengths, TokenInputs inputs) {
    this.encoder = encoder;
    this.lastHidden = lastHidden;
    this.lengths = lengths;
    this.inputs = inputs;
  }

  /**
   * The hidden states after the last layer, {@code [tokens, hidden]}, of {@link
   * Encoder#computeType}.
   */
  public Tensor lastHidden() {
    return lastHidden;
  }

  /** Where the sequences lie in the rows of {@link #lastHidden}. */
  public PackedSequences lengths() {
    return lengths;
  }

  /**
   * The first token of each sequence as a classifier of whole texts reads it, F32 {@code
   * [sequences, hidden]}, see {@link Encoder#pooled(TokenBatch)}; computed, in the scope that is
   * then open, when it is first asked for.
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
      pooled =
          encoder.config().meanPooling()
              ? encoder.poolMeans(lastHidden, lengths)
              : encoder.poolFirst(lastHidden.indexSelect(0, starts()));
    }
    return pooled;
  }

  private Tensor starts() {
    return inputs != null ? inputs.starts() : lengths.starts().to(lastHidden.device());
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
