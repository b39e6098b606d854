package io.github.jaubert.bert.models.mpnet;

import io.github.jaubert.bert.EncoderLayer;
import io.github.jaubert.bert.TokenInputs;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.nn.Activation;
import io.github.jaubert.nn.Block;
import io.github.jaubert.nn.Embedding;
import io.github.jaubert.nn.F;
import io.github.jaubert.nn.LayerNorm;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.tensor.Tensor;

/**
 * One layer: self-attention with a bias by distance, and a feed-forward part, each followed by
 * dropout, residual and LayerNorm.
 */
final class MpNetLayer extends EncoderLayer {
  private final Attention attention;
  private final Dense intermediate;
  private final Output output;
  private final Embedding biases; // of all layers, not a child of this one
  private final Activation activation;
  private final int heads;
  private final float attentionDropout;
  private final float dropout;

  /**
   * A layer whose parameters have no sensible values yet.
   *
   * @param biases the table that all layers share, {@code [buckets, heads]}
   */
  MpNetLayer(BertConfig config, Embedding biases) {
    this.biases = biases;
    attention = add("attention", new Attention(config));
    intermediate = add("intermediate", new Dense(config));
    output = add("output", new Output(config));
    activation = config.activation();
    heads = config.numAttentionHeads();
    attentionDropout = (float) config.attentionProbsDropoutProb();
    dropout = (float) config.hiddenDropoutProb();
  }

  @Override
  protected Tensor attend(Tensor x, TokenInputs inputs) {
    Projections attn = attention.attn;
    return inputs
        .paddedAttention()
        .forward(
            attn.query.forward(x),
            attn.key.forward(x),
            attn.value.forward(x),
            heads,
            biases.weight(),
            training() ? attentionDropout : 0);
  }

  @Override
  protected Tensor finish(Tensor attended, Tensor x) {
    Linear out = attention.attn.out;
    Tensor y = normalize(out.product(attended), x, out, attention.norm);
    Tensor product = feedForward(y, intermediate.dense, activation, output.dense);
    return normalize(product, y, output.dense, output.norm);
  }

  /** {@code LayerNorm(residual + dropout(product + bias))}, with the bias of a linear layer. */
  private Tensor normalize(Tensor product, Tensor residual, Linear linear, LayerNorm norm) {
    return F.addDropoutLayerNorm(
        product,
        residual,
        linear.bias(),
        norm.weight(),
        norm.bias(),
        training() ? dropout : 0,
        norm.eps());
  }

  private static LayerNorm norm(BertConfig config) {
    return LayerNorm.of(config.hiddenSize(), (float) config.layerNormEps());
  }

  private static final class Attention extends Block {
    private final Projections attn;
    private final LayerNorm norm;

    Attention(BertConfig config) {
      attn = add("attn", new Projections(config.hiddenSize()));
      norm = add("LayerNorm", norm(config));
    }
  }

  private static final class Projections extends Block {
    private final Linear query;
    private final Linear key;
    private final Linear value;
    private final Linear out;

    Projections(int hidden) {
      query = add("q", linear(hidden, hidden));
      key = add("k", linear(hidden, hidden));
      value = add("v", linear(hidden, hidden));
      out = add("o", linear(hidden, hidden));
    }
  }

  private static final class Dense extends Block {
    private final Linear dense;

    Dense(BertConfig config) {
      dense = add("dense", linear(config.hiddenSize(), config.intermediateSize()));
    }
  }

  private static final class Output extends Block {
    private final Linear dense;
    private final LayerNorm norm;

    Output(BertConfig config) {
      dense = add("dense", linear(config.intermediateSize(), config.hiddenSize()));
      norm = add("LayerNorm", norm(config));
    }
  }
}
