package io.github.jaubert.bert.models.deberta;

import io.github.jaubert.bert.EncoderLayer;
import io.github.jaubert.bert.PaddedAttention;
import io.github.jaubert.bert.TokenInputs;
import io.github.jaubert.nn.Activation;
import io.github.jaubert.nn.AttentionOptions;
import io.github.jaubert.nn.Block;
import io.github.jaubert.nn.Embedding;
import io.github.jaubert.nn.F;
import io.github.jaubert.nn.LayerNorm;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.tensor.Tensor;

/**
 * One layer: disentangled self-attention and a feed-forward part, each followed by dropout,
 * residual and LayerNorm.
 */
final class DebertaV2Layer extends EncoderLayer {
  private final DebertaV2Config config;
  private final Embedding distances; // of all layers, not a child of this one; null: there is none
  private final LayerNorm distanceNorm; // the same
  private final Attention attention;
  private final Dense intermediate;
  private final Output output;
  private final Activation activation;
  private final int heads;
  private final float attentionDropout;
  private final float dropout;

  /**
   * A layer whose parameters have no sensible values yet.
   *
   * @param distances the table that all layers share, {@code [2 × span, hidden]}; null: scores say
   *     nothing of distances
   * @param distanceNorm what normalises its rows; null: they are used as they are
   */
  DebertaV2Layer(DebertaV2Config config, Embedding distances, LayerNorm distanceNorm) {
    this.config = config;
    this.distances = distances;
    this.distanceNorm = distanceNorm;
    attention = add("attention", new Attention(config));
    intermediate = add("intermediate", new Dense(config));
    output = add("output", new Output(config, config.bert().intermediateSize()));
    activation = config.bert().activation();
    heads = config.bert().numAttentionHeads();
    attentionDropout = (float) config.bert().attentionProbsDropoutProb();
    dropout = (float) config.bert().hiddenDropoutProb();
  }

  @Override
  protected Tensor attend(Tensor x, TokenInputs inputs) {
    Projections self = attention.self;
    float dropped = training() ? attentionDropout : 0;
    if (distances == null) {
      double products = 1 + config.posAttType().size(); // Hugging Face scales by them all the same
      float scale = (float) (1 / Math.sqrt((double) config.hiddenSize() / heads * products));
      AttentionOptions options = AttentionOptions.dropout(dropped).withScale(scale);
      return selfAttention(x, inputs, self.query, self.key, self.value, heads, options);
    }
    PaddedAttention padded = inputs.paddedAttention();
    Tensor rows = padded.usedRows(distances.weight());
    Tensor normed = distanceNorm == null ? rows : distanceNorm.forward(rows);
    Tensor vectors = F.dropout(normed.to(x.dtype()), training() ? dropout : 0);
    return padded.disentangled(
        self.query.forward(x),
        self.key.forward(x),
        self.value.forward(x),
        heads,
        self.positionKey == null ? null : self.positionKey.forward(vectors),
        self.positionQuery == null ? null : self.positionQuery.forward(vectors),
        dropped);
  }

  @Override
  protected Tensor finish(Tensor attended, Tensor x) {
    Output out = attention.output;
    Tensor y = normalize(out.dense.product(attended), x, out);
    Tensor product = feedForward(y, intermediate.dense, activation, output.dense);
    return normalize(product, y, output);
  }

  /** {@code LayerNorm(residual + dropout(product + bias))}. */
  private Tensor normalize(Tensor product, Tensor residual, Output out) {
    return F.addDropoutLayerNorm(
        product,
        residual,
        out.dense.bias(),
        out.norm.weight(),
        out.norm.bias(),
        training() ? dropout : 0,
        out.norm.eps());
  }

  private static final class Attention extends Block {
    private final Projections self;
    private final Output output;

    Attention(DebertaV2Config config) {
      self = add("self", new Projections(config));
      output = add("output", new Output(config, config.hiddenSize()));
    }
  }

  private static final class Projections extends Block {
    private final Linear query;
    private final Linear key;
    private final Linear value;
    private final Linear positionKey; // null: queries have no product with distances
    private final Linear positionQuery; // null: keys have none

    Projections(DebertaV2Config config) {
      int hidden = config.hiddenSize();
      query = add("query_proj", linear(hidden, hidden));
      key = add("key_proj", linear(hidden, hidden));
      value = add("value_proj", linear(hidden, hidden));
      boolean own = config.relativeAttention() && !config.shareAttKey();
      positionKey =
          !config.contentToPosition()
              ? null
              : own ? add("pos_key_proj", linear(hidden, hidden)) : key;
      positionQuery =
          !config.positionToContent()
              ? null
              : own ? add("pos_query_proj", linear(hidden, hidden)) : query;
    }
  }

  private static final class Dense extends Block {
    private final Linear dense;

    Dense(DebertaV2Config config) {
      dense = add("dense", linear(config.hiddenSize(), config.bert().intermediateSize()));
    }
  }

  private static final class Output extends Block {
    private final Linear dense;
    private final LayerNorm norm;

    Output(DebertaV2Config config, int in) {
      dense = add("dense", linear(in, config.hiddenSize()));
      norm = add("LayerNorm", LayerNorm.of(config.hiddenSize(), (float) config.layerNormEps()));
    }
  }
}
