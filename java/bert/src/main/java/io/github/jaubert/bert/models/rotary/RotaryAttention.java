package io.github.jaubert.bert.models.rotary;

import io.github.jaubert.nn.F;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.tensor.Tensor;

/** Queries, keys and values by one linear layer. */
public final class RotaryAttention {
  private RotaryAttention() {}

  /**
   * Queries, keys and values by themselves. Parts of the weight cost nothing, and parts of the
   * product of the whole are copies, which only what an adapter adds to the whole is worth.
   *
   * @param whole {@code hidden} to {@code 3 * hidden}
   * @param x {@code [tokens, hidden]}
   * @return three of {@code [tokens, heads, headSize]}
   */
  public static Tensor[] project(Linear whole, Tensor x, int heads) {
    long hidden = x.size(1);
    Tensor product = whole.isAdapted() ? whole.forward(x) : null;
    Tensor[] parts = new Tensor[3];
    for (int i = 0; i < parts.length; i++) {
      Tensor part =
          product == null
              ? part(whole, x, i * hidden, hidden)
              : product.narrow(1, i * hidden, hidden);
      parts[i] = part.reshape(x.size(0), heads, hidden / heads);
    }
    return parts;
  }

  private static Tensor part(Linear whole, Tensor x, long start, long length) {
    Tensor bias = whole.bias();
    return F.linear(
        x,
        whole.weight().narrow(0, start, length),
        bias == null ? null : bias.narrow(0, start, length));
  }
}
