package io.github.jaubert.bert;

import io.github.jaubert.nn.Activation;
import io.github.jaubert.nn.AttentionOptions;
import io.github.jaubert.nn.Block;
import io.github.jaubert.nn.F;
import io.github.jaubert.nn.Init;
import io.github.jaubert.nn.LayerNorm;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Tensor;

/**
 * One encoder layer: self-attention and a feed-forward part, each followed by dropout, residual and
 * LayerNorm.
 */
final class BertLayer extends Block {
  private final Attention attention;
  private final Dense intermediate;
  private final Output output;
  private final Activation activation;

  BertLayer(BertConfig config) {
    attention = add("attention", new Attention(config));
    intermediate = add("intermediate", new Dense(config.hiddenSize(), config.intermediateSize()));
    output = add("output", new Output(config, config.intermediateSize()));
    activation = config.activation();
  }

  /** {@code x} and the result: {@code [tokens, hidden]}. */
  Tensor forward(Tensor x, PackedSequences lengths) {
    return finish(attention.self.forward(x, lengths), x);
  }

  /**
   * The same for some of the tokens alone, {@code [rows, hidden]}: all that comes after attention
   * is computed for these.
   */
  Tensor forward(Tensor x, PackedSequences lengths, Tensor rows) {
    Tensor attended = attention.self.forward(x, lengths);
    return finish(attended.indexSelect(0, rows), x.indexSelect(0, rows));
  }

  private Tensor finish(Tensor attended, Tensor x) {
    Tensor y = attention.output.forward(attended, x);
    Linear inner = intermediate.dense;
    return output.normalize(
        F.feedForward(y, inner.weight(), inner.bias(), activation, output.dense.weight()), y);
  }

  /** A linear layer that is loaded or initialised after it was made. */
  static Linear linear(int in, int out) {
    return Linear.of(Init.zeros(out, in), Init.zeros(out));
  }

  /** The name {@code dense} around a linear layer, as the checkpoints have it. */
  private static final class Dense extends Block {
    final Linear dense;

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
    private final int headSize;
    private final AttentionOptions trainingOptions;

    SelfAttention(BertConfig config) {
      int hidden = config.hiddenSize();
      query = add("query", linear(hidden, hidden));
      key = add("key", linear(hidden, hidden));
      value = add("value", linear(hidden, hidden));
      heads = config.numAttentionHeads();
      headSize = config.headSize();
      trainingOptions = AttentionOptions.dropout((float) config.attentionProbsDropoutProb());
    }

    Tensor forward(Tensor x, PackedSequences lengths) {
      Tensor attended =
          F.attention(
              split(query.forward(x)),
              split(key.forward(x)),
              split(value.forward(x)),
              lengths,
              training() ? trainingOptions : AttentionOptions.none());
      return attended.reshape(x.size(0), x.size(1));
    }

    /** {@code [tokens, hidden]} to {@code [tokens, heads, headSize]}. */
    private Tensor split(Tensor x) {
      return x.reshape(x.size(0), heads, headSize);
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
      return normalize(F.linear(x, dense.weight(), null), residual);
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
