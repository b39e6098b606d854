package io.github.jaubert.bert;

import io.github.jaubert.nn.Activation;
import io.github.jaubert.nn.AttentionOptions;
import io.github.jaubert.nn.Block;
import io.github.jaubert.nn.F;
import io.github.jaubert.nn.Init;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.tensor.Tensor;

/**
 * One layer of an encoder in two parts: attention, in which the tokens of a sequence meet, and all
 * that follows, which each token goes through alone. So the last layer can finish some tokens only.
 */
public abstract class EncoderLayer extends Block {
  /** A layer without parameters or children. */
  protected EncoderLayer() {}

  /**
   * What the tokens take from each other.
   *
   * @param x {@code [tokens, hidden]}
   * @param inputs says where the sequences lie, and each token's position in its own
   * @return {@code [tokens, hidden]}
   */
  protected abstract Tensor attend(Tensor x, TokenInputs inputs);

  /**
   * The rest of the layer, for any rows.
   *
   * @param attended those rows of what {@link #attend} gave, {@code [rows, hidden]}
   * @param x the same rows of the layer's input
   * @return {@code [rows, hidden]}
   */
  protected abstract Tensor finish(Tensor attended, Tensor x);

  /** {@code x} and the result: {@code [tokens, hidden]}. */
  final Tensor forward(Tensor x, TokenInputs inputs) {
    return finish(attend(x, inputs), x);
  }

  /** Those rows of the same alone, {@code [rows, hidden]}. */
  final Tensor forwardRows(Tensor x, TokenInputs inputs, Tensor rows) {
    Tensor attended = attend(x, inputs);
    return finish(attended.indexSelect(0, rows), x.indexSelect(0, rows));
  }

  /**
   * Self-attention of several heads within each sequence (Vaswani et al. 2017), without the layer
   * behind it.
   *
   * @param x {@code [tokens, hidden]}
   * @param inputs says where the sequences lie, and which tokens are hidden
   * @param query {@code hidden} to {@code hidden}; so are key and value
   * @return {@code [tokens, hidden]}
   */
  protected static Tensor selfAttention(
      Tensor x,
      TokenInputs inputs,
      Linear query,
      Linear key,
      Linear value,
      int heads,
      AttentionOptions options) {
    Tensor attended =
        attention(
            split(query.forward(x), heads),
            split(key.forward(x), heads),
            split(value.forward(x), heads),
            inputs,
            options);
    return attended.reshape(x.size(0), x.size(1));
  }

  /**
   * {@link F#attention} of tokens that were projected, to all that the inputs do not hide.
   *
   * @param q queries {@code [tokens, heads, headSize]}; so are keys, values and the result
   */
  protected static Tensor attention(
      Tensor q, Tensor k, Tensor v, TokenInputs inputs, AttentionOptions options) {
    return inputs.hidden() == null
        ? F.attention(q, k, v, inputs.lengths(), options)
        : inputs.hidden().attention(q, k, v, inputs.lengths(), options);
  }

  /**
   * {@code activation(inner(x)) weight^T} with the weight of {@code outer}, whose bias is left to
   * who normalises: one operation, unless an adapter adds to a part of it.
   *
   * @param x {@code [rows, hidden]}; so is the result
   */
  protected static Tensor feedForward(Tensor x, Linear inner, Activation activation, Linear outer) {
    return inner.isAdapted() || outer.isAdapted()
        ? outer.product(inner.forward(x, activation))
        : F.feedForward(x, inner.weight(), inner.bias(), activation, outer.weight());
  }

  /** {@code [tokens, hidden]} to {@code [tokens, heads, headSize]}. */
  private static Tensor split(Tensor x, int heads) {
    return x.reshape(x.size(0), heads, x.size(1) / heads);
  }

  /** A linear layer that is loaded or initialised after it was made: it draws no random numbers. */
  public static Linear linear(int in, int out) {
    return linear(in, out, true);
  }

  /** The same with or without a bias. */
  public static Linear linear(int in, int out, boolean bias) {
    return Linear.of(Init.zeros(out, in), bias ? Init.zeros(out) : null);
  }
}
