package io.github.jaubert.bert;

import io.github.jaubert.nn.Activation;
import io.github.jaubert.nn.Dropout;
import io.github.jaubert.nn.Layer;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.tensor.Tensor;

/**
 * {@code activation(dense(dropout(x)))}, hidden to hidden: the first half of a classifier of whole
 * texts in two layers, such as RoBERTa's, ELECTRA's and DeBERTa's, see {@link
 * Encoder#newClassifierTransform}.
 */
public final class DenseTransform extends Layer {
  private final Dropout dropout;
  private final Linear dense;
  private final Activation activation;

  /** A layer whose parameters have no sensible values yet; the classifier's dropout is its own. */
  public DenseTransform(EncoderConfig config, Activation activation) {
    this(config, activation, config.classifierDropoutProb());
  }

  /** The same with another dropout before it. */
  public DenseTransform(EncoderConfig config, Activation activation, double dropoutProb) {
    dropout = add("dropout", Dropout.of((float) dropoutProb));
    dense = add("dense", EncoderLayer.linear(config.hiddenSize(), config.hiddenSize()));
    this.activation = activation;
  }

  /** {@code [sequences, hidden]}, and so is the result. */
  @Override
  public Tensor forward(Tensor x) {
    return dense.forward(dropout.forward(x), activation);
  }
}
