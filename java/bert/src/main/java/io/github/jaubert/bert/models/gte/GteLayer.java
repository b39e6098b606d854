package io.github.jaubert.bert.models.gte;

import io.github.jaubert.bert.EncoderLayer;
import io.github.jaubert.bert.TokenInputs;
import io.github.jaubert.bert.models.rotary.Gate;
import io.github.jaubert.bert.models.rotary.RotaryAttention;
import io.github.jaubert.bert.models.rotary.RotaryPositions;
import io.github.jaubert.bert.models.rotary.RotarySizes;
import io.github.jaubert.nn.Activation;
import io.github.jaubert.nn.AttentionOptions;
import io.github.jaubert.nn.Block;
import io.github.jaubert.nn.F;
import io.github.jaubert.nn.LayerNorm;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.tensor.Tensor;

/**
 * One layer: self-attention with rotary positions and a gated feed-forward part, each followed by
 * dropout, residual and LayerNorm. What is gated is dropped, too.
 */
final class GteLayer extends EncoderLayer {
  private final Attention attention;
  private final LayerNorm attentionNorm;
  private final FeedForward feedForward;
  private final LayerNorm outputNorm;
  private final int heads;
  private final RotaryPositions positions;
  private final AttentionOptions trainingOptions;
  private final float dropout;

  /** A layer whose parameters have no sensible values yet. */
  GteLayer(RotarySizes sizes) {
    int hidden = sizes.hiddenSize();
    float eps = (float) sizes.layerNormEps();
    attention = add("attention", new Attention(hidden));
    attentionNorm = add("attn_ln", LayerNorm.of(hidden, eps));
    feedForward = add("mlp", new FeedForward(sizes));
    outputNorm = add("mlp_ln", LayerNorm.of(hidden, eps));
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
    float p = training() ? dropout : 0;
    Tensor y = normalize(attention.out, attended, x, p, attentionNorm);
    return normalize(feedForward.down, F.dropout(feedForward.gated(y), p), y, p, outputNorm);
  }

  /** {@code LayerNorm(residual + dropout(linear(x)))}, with the bias of the linear layer. */
  private static Tensor normalize(
      Linear linear, Tensor x, Tensor residual, float p, LayerNorm norm) {
    return F.addDropoutLayerNorm(
        linear.product(x), residual, linear.bias(), norm.weight(), norm.bias(), p, norm.eps());
  }

  private static final class Attention extends Block {
    private final Linear queryKeyValue;
    private final Linear out;

    Attention(int hidden) {
      queryKeyValue = add("qkv_proj", linear(hidden, 3 * hidden));
      out = add("o_proj", linear(hidden, hidden));
    }
  }

  private static final class FeedForward extends Block {
    private final Linear upGate; // to what is gated, and behind it to the gate
    private final Linear down;
    private final Gate activation;
    private final int width;

    FeedForward(RotarySizes sizes) {
      width = sizes.intermediateSize();
      upGate = add("up_gate_proj", linear(sizes.hiddenSize(), 2 * width, false));
      down = add("down_proj", linear(width, sizes.hiddenSize()));
      activation = sizes.gate();
    }

    /** {@code activation(gate(x)) * up(x)}, {@code [tokens, width]}. */
    Tensor gated(Tensor x) {
      if (upGate.isAdapted()) {
        Tensor whole = upGate.forward(x);
        Tensor gate = activation.forward(whole.narrow(1, width, width));
        return gate.mul(whole.narrow(1, 0, width)).to(x.dtype());
      }
      Tensor up = upGate.weight().narrow(0, 0, width);
      Tensor gate = upGate.weight().narrow(0, width, width);
      if (activation.activation() == Activation.GELU) { // one kernel has it, in the other order
        return F.geglu(F.linear(x, Tensor.concat(0, gate, up), null));
      }
      return activation.forward(gate, x).mul(F.linear(x, up, null)).to(x.dtype());
    }
  }
}
