package io.github.jaubert.bert.models.modernbert;

import io.github.jaubert.bert.EncoderLayer;
import io.github.jaubert.nn.Activation;
import io.github.jaubert.nn.Block;
import io.github.jaubert.nn.Layer;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.tensor.Tensor;

/**
 * {@code LayerNorm(activation(dense(x)))}, what all heads begin with: that for masked tokens and
 * the classifiers.
 */
final class ModernBertHead extends Layer {
  private final Prediction prediction;
  private final Activation activation;

  ModernBertHead(ModernBertConfig config) {
    prediction = add("head", new Prediction(config));
    activation = config.headActivation();
  }

  @Override
  public Tensor forward(Tensor x) {
    return prediction.norm.forward(prediction.dense.forward(x, activation));
  }

  private static final class Prediction extends Block {
    private final Linear dense;
    private final Norm norm;

    Prediction(ModernBertConfig config) {
      int hidden = config.hiddenSize();
      dense = add("dense", EncoderLayer.linear(hidden, hidden, config.classifierBias()));
      norm = add("norm", new Norm(config));
    }
  }
}
