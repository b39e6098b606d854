package io.github.jaubert.bert;

import io.github.jaubert.tensor.PackedSequences;

/**
 * Packed sequences as the rows of a table of equal width, over which softmax goes: which token
 * stands where, and what is added to its logit. Arrays are not copied and must not change.
 *
 * @param rows the rows of the logits {@code [sequences × width]}; behind the end of a sequence any
 *     row of it
 * @param padding {@code [sequences × width]}: 0 for a token, {@link #OUTSIDE} behind the last
 * @param width of the table
 */
public record SpanRows(int[] rows, float[] padding, int width) {
  /** Leaves nothing of a logit to softmax, and is finite. */
  public static final float OUTSIDE = -1e30f;

  /**
   * The table of a batch.
   *
   * @param width at least the length of the longest sequence
   * @throws IllegalArgumentException if it is less, or a sequence has no token
   */
  public static SpanRows of(PackedSequences lengths, int width) {
    if (lengths.maxLength() > width) {
      throw new IllegalArgumentException(
          "a sequence of %d tokens in a table %d wide".formatted(lengths.maxLength(), width));
    }
    int[] starts = lengths.cuSeqlens();
    int[] rows = new int[lengths.count() * width];
    float[] padding = new float[rows.length];
    for (int i = 0; i < lengths.count(); i++) {
      int length = lengths.length(i);
      if (length == 0) {
        throw new IllegalArgumentException("sequence " + i + " of the batch has no token");
      }
      for (int j = 0; j < width; j++) {
        // Spread over the sequence: their gradients are 0, and adding them up stays short.
        rows[i * width + j] = starts[i] + j % length;
        padding[i * width + j] = j < length ? 0 : OUTSIDE;
      }
    }
    return new SpanRows(rows, padding, width);
  }
}
