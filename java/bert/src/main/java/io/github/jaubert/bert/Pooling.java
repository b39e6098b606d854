package io.github.jaubert.bert;

import io.github.jaubert.nn.F;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Tensor;

/** How the hidden states of a sentence's tokens become one vector (Reimers and Gurevych 2019). */
public enum Pooling {
  /** The mean over all tokens, {@code [CLS]} and {@code [SEP]} among them. */
  MEAN("mean"),
  /** The first token, {@code [CLS]} of BERT. */
  CLS("cls"),
  /** The largest value of each dimension over all tokens. */
  MAX("max");

  private final String mode;

  Pooling(String mode) {
    this.mode = mode;
  }

  /** What sentence-transformers calls it, such as {@code mean}. */
  public String mode() {
    return mode;
  }

  /**
   * The vectors of sentences, F32 {@code [sequences, hidden]}.
   *
   * @throws IllegalArgumentException if a sequence has no token
   */
  Tensor of(Encoder encoder, TokenInputs inputs) {
    EncoderOutput.requireTokens(inputs.lengths());
    return switch (this) {
      // What comes behind the last layer's attention is computed for first tokens alone.
      case CLS -> encoder.lastHidden(inputs, inputs.starts()).to(DType.F32);
      case MEAN -> F.segmentMean(encoder.forward(inputs).lastHidden(), inputs.lengths());
      case MAX -> segmentMax(encoder.forward(inputs).lastHidden().to(DType.F32), inputs.lengths());
    };
  }

  /**
   * The largest values of each sequence's rows: x [tokens, width] to [sequences, width]. Short
   * sequences are filled up with their first row, which changes no maximum.
   */
  private static Tensor segmentMax(Tensor x, PackedSequences lengths) {
    int longest = lengths.maxLength();
    int[] starts = lengths.cuSeqlens();
    int[] rows = new int[lengths.count() * longest];
    for (int i = 0; i < rows.length; i++) {
      int sequence = i / longest;
      int place = i % longest;
      rows[i] = starts[sequence] + (place < lengths.length(sequence) ? place : 0);
    }
    return x.indexSelect(0, Tensor.of(rows).to(x.device()))
        .reshape(lengths.count(), longest, x.size(1))
        .max(1, false);
  }
}
