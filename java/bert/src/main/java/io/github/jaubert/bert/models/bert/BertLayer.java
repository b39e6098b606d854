package io.github.jaubert.bert.models.bert;

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
 * One encoder layer: self-attention and a feed-forward part, each followed by dropout, residual and
 * LayerNorm. Architectures that differ from BERT elsewhere have it too.
 */
public final class BertLayer extends EncoderLayer {
  private final Attention attention;
  private final Dense intermediate;
  private final Output output;
  private final Activation activation;

  /** A layer whose parameters have no sensible values yet. */
  public BertLayer(BertConfig config) {
    attention = add("attention", new Attention(config));
    intermediate = add("intermediate", new Dense(config.hiddenSize(), config.intermediateSize()));
    output = add("output", new Output(config, config.intermediateSize()));
    activation = config.activation();
  }

  @Override
  protected Tensor attend(Tensor x, TokenInputs inputs) {
    return attention.self.forward(x, inputs);
  }

  @Override
  protected Tensor finish(Tensor attended, Tensor x) {
    Tensor y = attention.output.forward(attended, x);
    return output.normalize(feedForward(y, intermediate.dense, activation, output.dense), y);
  }

  /** The name {@code dense} around a linear layer, as the checkpoints have it. */
  private static final class Dense extends Block {
    private final Linear dense;

    Dense(int in, int out) {
      dense = add("dense", linear(in, out));
    }
  }

  private static final class Attention extends Block {
    private final SelfAttention self;
    private final Output output;

    Attention(BertConfig config) {
      self = add("self", new SelfAttention(config));
      output = add("output", new Output(config, config.hiddenSize()));
    }
  }

  private static final class SelfAttention extends Block {
    private final Linear query;
    private final Linear key;
    private final Linear value;
    private final int heads;
    private final AttentionOptions trainingOptions;

    SelfAttention(BertConfig config) {
      int hidden = config.hiddenSize();
      query = add("query", linear(hidden, hidden));
      key = add("key", linear(hidden, hidden));
      value = add("value", linear(hidden, hidden));
      heads = config.numAttentionHeads();
      trainingOptions = AttentionOptions.dropout((float) config.attentionProbsDropoutProb());
    }

    Tensor forward(Tensor x, TokenInputs inputs) {
      AttentionOptions options = training() ? trainingOptions : AttentionOptions.defaults();
      return selfAttention(x, inputs, query, key, value, heads, options);
    }
  }

  /**
   * {@code LayerNorm(residual + dropout(dense(x)))}, of which the product with the dense layer's
   * weight comes from outside; its bias is added by the kernel that normalises.
   */
  private static final class Output extends Block {
    private final Linear dense;
    private final LayerNorm norm;
    private final float dropout;

    Output(BertConfig config, int in) {
      dense = add("dense", linear(in, config.hiddenSize()));
      norm = add("LayerNorm", LayerNorm.of(config.hiddenSize(), (float) config.layerNormEps()));
      dropout = (float) config.hiddenDropoutProb();
    }

    Tensor forward(Tensor x, Tensor residual) {
      return normalize(dense.product(x), residual);
    }

    /** {@code product} and {@code residual}: {@code [tokens, hidden]}. */
    Tensor normalize(Tensor product, Tensor residual) {
      return F.addDropoutLayerNorm(
          product,
          residual,
          dense.bias(),
          norm.weight(),
          norm.bias(),
          training() ? dropout : 0,
          norm.eps());
    }
  }
}
