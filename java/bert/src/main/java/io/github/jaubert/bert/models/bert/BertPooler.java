package io.github.jaubert.bert.models.bert;

import io.github.jaubert.bert.EncoderLayer;
import io.github.jaubert.nn.Activation;
import io.github.jaubert.nn.Layer;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.tensor.Tensor;

/** {@code tanh(dense(x))} of first tokens, hidden to hidden. */
public final class BertPooler extends Layer {
  private final Linear dense;

  /** A layer whose parameters have no sensible values yet. */
  public BertPooler(int hiddenSize) {
    dense = add("dense", EncoderLayer.linear(hiddenSize, hiddenSize));
  }

  /** {@code [sequences, hidden]}, and so is the result. */
  @Override
  public Tensor forward(Tensor firstTokens) {
    return dense.forward(firstTokens, Activation.TANH);
  }
}
