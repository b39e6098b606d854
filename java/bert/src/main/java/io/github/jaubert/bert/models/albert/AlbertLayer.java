package io.github.jaubert.bert.models.albert;

import io.github.jaubert.bert.EncoderLayer;
import io.github.jaubert.bert.TokenInputs;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.nn.Activation;
import io.github.jaubert.nn.AttentionOptions;
import io.github.jaubert.nn.Block;
import io.github.jaubert.nn.F;
import io.github.jaubert.nn.LayerNorm;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.tensor.Tensor;

/**
 * One layer: self-attention and a feed-forward part, each followed by residual and LayerNorm.
 * Unlike in BERT nothing is dropped between the feed-forward part and its residual.
 */
final class AlbertLayer extends EncoderLayer {
  private final Attention attention;
  private final LayerNorm outputNorm;
  private final Linear inner;
  private final Linear outer;
  private final Activation activation;
  private final int heads;
  private final AttentionOptions trainingOptions;
  private final float dropout;

  /** A layer whose parameters have no sensible values yet. */
  AlbertLayer(BertConfig config) {
    int hidden = config.hiddenSize();
    outputNorm = add("full_layer_layer_norm", norm(config));
    attention = add("attention", new Attention(config));
    inner = add("ffn", linear(hidden, config.intermediateSize()));
    outer = add("ffn_output", linear(config.intermediateSize(), hidden));
    activation = config.activation();
    heads = config.numAttentionHeads();
    trainingOptions = AttentionOptions.dropout((float) config.attentionProbsDropoutProb());
    dropout = (float) config.hiddenDropoutProb();
  }

  private static LayerNorm norm(BertConfig config) {
    return LayerNorm.of(config.hiddenSize(), (float) config.layerNormEps());
  }

  @Override
  protected Tensor attend(Tensor x, TokenInputs inputs) {
    return selfAttention(
        x,
        inputs,
        attention.query,
        attention.key,
        attention.value,
        heads,
        training() ? trainingOptions : AttentionOptions.defaults());
  }

  @Override
  protected Tensor finish(Tensor attended, Tensor x) {
    Linear dense = attention.dense;
    Tensor y =
        normalize(
            F.linear(attended, dense.weight(), null),
            x,
            dense,
            training() ? dropout : 0,
            attention.norm);
    Tensor product = F.feedForward(y, inner.weight(), inner.bias(), activation, outer.weight());
    return normalize(product, y, outer, 0, outputNorm);
  }

  /** {@code LayerNorm(residual + dropout(product + bias))}, with the bias of a linear layer. */
  private static Tensor normalize(
      Tensor product, Tensor residual, Linear linear, float p, LayerNorm norm) {
    return F.addDropoutLayerNorm(
        product, residual, linear.bias(), norm.weight(), norm.bias(), p, norm.eps());
  }

  private static final class Attention extends Block {
    private final Linear query;
    private final Linear key;
    private final Linear value;
    private final Linear dense;
    private final LayerNorm norm;

    Attention(BertConfig config) {
      int hidden = config.hiddenSize();
      query = add("query", linear(hidden, hidden));
      key = add("key", linear(hidden, hidden));
      value = add("value", linear(hidden, hidden));
      dense = add("dense", linear(hidden, hidden));
      norm = add("LayerNorm", norm(config));
    }
  }
}
