package io.github.jaubert.nn;

/**
 * How {@link F#attention} weighs.
 *
 * @param dropout probability that a weight is dropped, 0 in inference
 * @param window how many positions to either side a position attends to; negative: the whole
 *     sequence
 * @param scale factor of the scores; 0: 1 / sqrt(head size)
 */
public record AttentionOptions(float dropout, int window, float scale) {
  /** Checks the values. */
  public AttentionOptions {
    if (!(dropout >= 0 && dropout < 1)) {
      throw new IllegalArgumentException(
          "the attention dropout is " + dropout + ", expected 0 <= p < 1");
    }
    if (!(scale >= 0) || Float.isInfinite(scale)) {
      throw new IllegalArgumentException(
          "the attention scale is " + scale + ", expected a finite number >= 0");
    }
  }

  /** Full attention without dropout. */
  public static AttentionOptions defaults() {
    return new AttentionOptions(0, -1, 0);
  }

  /** Full attention with dropout. */
  public static AttentionOptions dropout(float p) {
    return new AttentionOptions(p, -1, 0);
  }

  /** The same with a sliding window. */
  public AttentionOptions withWindow(int positions) {
    return new AttentionOptions(dropout, positions, scale);
  }

  /** The same with another factor of the scores. */
  public AttentionOptions withScale(float factor) {
    return new AttentionOptions(dropout, window, factor);
  }
}
