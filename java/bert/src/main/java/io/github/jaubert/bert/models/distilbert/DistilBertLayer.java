package io.github.jaubert.bert.models.distilbert;

import io.github.jaubert.bert.EncoderLayer;
import io.github.jaubert.bert.TokenInputs;
import io.github.jaubert.nn.Activation;
import io.github.jaubert.nn.AttentionOptions;
import io.github.jaubert.nn.Block;
import io.github.jaubert.nn.F;
import io.github.jaubert.nn.LayerNorm;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.tensor.Tensor;

/**
 * One layer: self-attention and a feed-forward part, each followed by residual and LayerNorm.
 * Unlike in BERT nothing is dropped between attention and its residual.
 */
final class DistilBertLayer extends EncoderLayer {
  private static final float EPS = 1e-12f; // in the code of the model, not in its config

  private final Attention attention;
  private final LayerNorm attentionNorm;
  private final FeedForward feedForward;
  private final LayerNorm outputNorm;
  private final int heads;
  private final AttentionOptions trainingOptions;
  private final float dropout;

  DistilBertLayer(DistilBertConfig config) {
    attention = add("attention", new Attention(config.dim()));
    attentionNorm = add("sa_layer_norm", LayerNorm.of(config.dim(), EPS));
    feedForward = add("ffn", new FeedForward(config));
    outputNorm = add("output_layer_norm", LayerNorm.of(config.dim(), EPS));
    heads = config.nHeads();
    trainingOptions = AttentionOptions.dropout((float) config.attentionDropout());
    dropout = (float) config.dropout();
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
    Linear out = attention.out;
    Tensor y = normalize(out.product(attended), x, out, 0, attentionNorm);
    Linear outer = feedForward.outer;
    Tensor product = feedForward(y, feedForward.inner, feedForward.activation, outer);
    return normalize(product, y, outer, training() ? dropout : 0, outputNorm);
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
    private final Linear out;

    Attention(int dim) {
      query = add("q_lin", linear(dim, dim));
      key = add("k_lin", linear(dim, dim));
      value = add("v_lin", linear(dim, dim));
      out = add("out_lin", linear(dim, dim));
    }
  }

  private static final class FeedForward extends Block {
    private final Linear inner;
    private final Linear outer;
    private final Activation activation;

    FeedForward(DistilBertConfig config) {
      inner = add("lin1", linear(config.dim(), config.hiddenDim()));
      outer = add("lin2", linear(config.hiddenDim(), config.dim()));
      activation = config.headActivation();
    }
  }
}
