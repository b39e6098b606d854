package io.github.jaubert.bert;

import io.github.jaubert.nn.AttentionOptions;
import io.github.jaubert.nn.F;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Tensor;

/**
 * Tokens that attend to the others of their sequence, but that no token attends to, as those that
 * ColBERT fills queries up with.
 */
final class HiddenTokens {
  /** Dimensions that a head gets more; one would do, but kernels like eights. */
  private static final int MORE = 8;

  private static final int MOST = 128;

  /** What a score becomes less by, before it is scaled: the exponential of the rest is 0. */
  private static final float FAR = 3e4f;

  private final Tensor seen; // F32 [tokens, 1, 1]: 0, or -FAR for hidden tokens

  private HiddenTokens(Tensor seen) {
    this.seen = seen;
  }

  /**
   * The tokens of an id.
   *
   * @param inputIds I32 {@code [tokens]}
   */
  static HiddenTokens of(Tensor inputIds, int id) {
    Tensor others = inputIds.to(DType.F32).sub(id).abs().clamp(0, 1); // 0 for hidden tokens
    return new HiddenTokens(others.sub(1).mul(FAR).reshape(others.numel(), 1, 1));
  }

  /**
   * {@link F#attention} without the hidden keys. Each head gets a dimension more, in which queries
   * are 1 and keys 0, or far below for a hidden one: scores of all others stay what they are.
   *
   * @param q {@code [tokens, heads, headSize]}; so are k, v and the result
   * @throws IllegalArgumentException if heads are too large to get more
   */
  Tensor attention(
      Tensor q, Tensor k, Tensor v, PackedSequences lengths, AttentionOptions options) {
    long tokens = q.size(0);
    long heads = q.size(1);
    long size = q.size(2);
    if (size + MORE > MOST) {
      throw new IllegalArgumentException(
          "hidden tokens: heads of %d dimensions; at most %d are supported"
              .formatted(size, MOST - MORE));
    }
    float scale = options.scale() > 0 ? options.scale() : (float) (1 / Math.sqrt(size));
    Tensor none = seen.mul(0).expand(tokens, heads, MORE - 1);
    Tensor one = none.narrow(2, 0, 1).add(1);
    Tensor more = none.narrow(2, 0, 1);
    return F.attention(
            wider(q, one, none),
            wider(k, seen.expand(tokens, heads, 1), none),
            wider(v, more, none),
            lengths,
            options.withScale(scale))
        .narrow(2, 0, size);
  }

  private static Tensor wider(Tensor x, Tensor first, Tensor rest) {
    return Tensor.concat(2, x, first.to(x.dtype()), rest.to(x.dtype()));
  }
}
