package io.github.jaubert.bert.models.nomic;

import io.github.jaubert.bert.EncoderLayer;
import io.github.jaubert.bert.TokenInputs;
import io.github.jaubert.bert.models.rotary.Gate;
import io.github.jaubert.bert.models.rotary.RotaryAttention;
import io.github.jaubert.bert.models.rotary.RotaryPositions;
import io.github.jaubert.bert.models.rotary.RotarySizes;
import io.github.jaubert.nn.AttentionOptions;
import io.github.jaubert.nn.Block;
import io.github.jaubert.nn.F;
import io.github.jaubert.nn.LayerNorm;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.tensor.Tensor;

/**
 * One layer: self-attention with rotary positions and a gated feed-forward part, each followed by
 * dropout, residual and LayerNorm. No matrix has a bias.
 */
final class NomicBertLayer extends EncoderLayer {
  private final Attention attention;
  private final LayerNorm attentionNorm;
  private final FeedForward feedForward;
  private final LayerNorm outputNorm;
  private final int heads;
  private final RotaryPositions positions;
  private final AttentionOptions trainingOptions;
  private final float dropout;

  /** A layer whose parameters have no sensible values yet. */
  NomicBertLayer(RotarySizes sizes) {
    int hidden = sizes.hiddenSize();
    float eps = (float) sizes.layerNormEps();
    attention = add("attn", new Attention(hidden));
    attentionNorm = add("norm1", LayerNorm.of(hidden, eps));
    feedForward = add("mlp", new FeedForward(sizes));
    outputNorm = add("norm2", LayerNorm.of(hidden, eps));
    heads = sizes.numAttentionHeads();
    positions = sizes.positions();
    trainingOptions = AttentionOptions.dropout((float) sizes.attentionProbsDropoutProb());
    dropout = (float) sizes.hiddenDropoutProb();
  }

  @Override
  protected Tensor attend(Tensor x, TokenInputs inputs) {
    Tensor[] projected = RotaryAttention.project(attention.queryKeyValue, x, heads);
    return attention(
            positions.turn(projected[0], inputs.positionIds()),
            positions.turn(projected[1], inputs.positionIds()),
            projected[2],
            inputs,
            training() ? trainingOptions : AttentionOptions.defaults())
        .reshape(x.size(0), x.size(1));
  }

  @Override
  protected Tensor finish(Tensor attended, Tensor x) {
    Tensor y = normalize(attention.out.forward(attended), x, attentionNorm);
    return normalize(feedForward.forward(y), y, outputNorm);
  }

  private Tensor normalize(Tensor x, Tensor residual, LayerNorm norm) {
    return F.addDropoutLayerNorm(
        x, residual, null, norm.weight(), norm.bias(), training() ? dropout : 0, norm.eps());
  }

  private static final class Attention extends Block {
    private final Linear queryKeyValue;
    private final Linear out;

    Attention(int hidden) {
      queryKeyValue = add("Wqkv", linear(hidden, 3 * hidden, false));
      out = add("out_proj", linear(hidden, hidden, false));
    }
  }

  private static final class FeedForward extends Block {
    private final Linear up;
    private final Linear gate;
    private final Linear down;
    private final Gate activation;

    FeedForward(RotarySizes sizes) {
      up = add("fc11", linear(sizes.hiddenSize(), sizes.intermediateSize(), false));
      gate = add("fc12", linear(sizes.hiddenSize(), sizes.intermediateSize(), false));
      down = add("fc2", linear(sizes.intermediateSize(), sizes.hiddenSize(), false));
      activation = sizes.gate();
    }

    Tensor forward(Tensor x) {
      Tensor gated = activation.forward(gate, x).mul(up.forward(x)).to(x.dtype());
      return down.forward(gated);
    }
  }
}
