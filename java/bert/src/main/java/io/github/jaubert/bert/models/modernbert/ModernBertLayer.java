package io.github.jaubert.bert.models.modernbert;

import io.github.jaubert.bert.EncoderLayer;
import io.github.jaubert.bert.TokenInputs;
import io.github.jaubert.bert.models.rotary.RotaryAttention;
import io.github.jaubert.nn.AttentionOptions;
import io.github.jaubert.nn.Block;
import io.github.jaubert.nn.F;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.tensor.Tensor;

/**
 * One layer: a norm, self-attention and the sum with what was there before; then the same with a
 * gated feed-forward part. Attention turns queries and keys by their positions (Su et al. 2021),
 * and sees whole sequences or neighbours only.
 */
final class ModernBertLayer extends EncoderLayer {
  private final Norm attentionNorm; // null in the first layer: the embeddings are normalised
  private final Attention attention;
  private final Norm feedForwardNorm;
  private final FeedForward feedForward;
  private final int heads;
  private final float ropeTheta;
  private final AttentionOptions options;
  private final AttentionOptions trainingOptions;
  private final float attentionDropout;
  private final float feedForwardDropout;

  /**
   * A layer whose parameters have no sensible values yet.
   *
   * @param index its number, from 0
   */
  ModernBertLayer(ModernBertConfig config, int index) {
    attentionNorm = index == 0 ? null : add("attn_norm", new Norm(config));
    attention = add("attn", new Attention(config));
    feedForwardNorm = add("mlp_norm", new Norm(config));
    feedForward = add("mlp", new FeedForward(config));
    boolean global = config.isGlobal(index);
    heads = config.numAttentionHeads();
    ropeTheta = (float) (global ? config.globalRopeTheta() : config.localRopeTheta());
    int window = global ? -1 : config.localAttention() / 2;
    attentionDropout = (float) config.attentionDropout();
    options = AttentionOptions.defaults().withWindow(window);
    trainingOptions = AttentionOptions.dropout(attentionDropout).withWindow(window);
    feedForwardDropout = (float) config.mlpDropout();
  }

  @Override
  protected Tensor attend(Tensor x, TokenInputs inputs) {
    Tensor y = attentionNorm == null ? x : attentionNorm.forward(x);
    Tensor[] projected = RotaryAttention.project(attention.queryKeyValue, y, heads);
    Tensor query = F.rotary(projected[0], inputs.positionIds(), ropeTheta);
    Tensor key = F.rotary(projected[1], inputs.positionIds(), ropeTheta);
    Tensor value = projected[2];
    AttentionOptions now = training() ? trainingOptions : options;
    return attention(query, key, value, inputs, now).reshape(x.size(0), x.size(1));
  }

  @Override
  protected Tensor finish(Tensor attended, Tensor x) {
    Tensor y = add(x, dropped(attention.out.forward(attended), attentionDropout));
    Tensor gated = F.geglu(feedForward.inner.forward(feedForwardNorm.forward(y)));
    return add(y, feedForward.outer.forward(dropped(gated, feedForwardDropout)));
  }

  private Tensor dropped(Tensor x, float p) {
    return F.dropout(x, training() ? p : 0);
  }

  /** The sum, in the type of both. */
  private static Tensor add(Tensor x, Tensor y) {
    return x.add(y).to(x.dtype());
  }

  private static final class Attention extends Block {
    private final Linear queryKeyValue;
    private final Linear out;

    Attention(ModernBertConfig config) {
      int hidden = config.hiddenSize();
      queryKeyValue = add("Wqkv", linear(hidden, 3 * hidden, config.attentionBias()));
      out = add("Wo", linear(hidden, hidden, config.attentionBias()));
    }
  }

  private static final class FeedForward extends Block {
    private final Linear inner; // to what goes through GELU, and the gate
    private final Linear outer;

    FeedForward(ModernBertConfig config) {
      int hidden = config.hiddenSize();
      int intermediate = config.intermediateSize();
      inner = add("Wi", linear(hidden, 2 * intermediate, config.mlpBias()));
      outer = add("Wo", linear(intermediate, hidden, config.mlpBias()));
    }
  }
}
