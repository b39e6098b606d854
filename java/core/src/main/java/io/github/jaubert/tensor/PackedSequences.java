package io.github.jaubert.tensor;

import io.github.jaubert.internal.ops.Creation;
import java.util.Arrays;

/**
 * Where each sequence of a packed batch begins: the rows of all sequences lie end to end in {@code
 * [tokens, ...]}, and sequence i owns the rows {@code cuSeqlens[i]} to {@code cuSeqlens[i + 1] -
 * 1}. Nothing is padded. Immutable.
 */
public final class PackedSequences {
  private final int[] cuSeqlens;
  private final int maxLength;

  private PackedSequences(int[] cuSeqlens, int maxLength) {
    this.cuSeqlens = cuSeqlens;
    this.maxLength = maxLength;
  }

  /**
   * Sequences of these lengths, in order.
   *
   * @throws IllegalArgumentException if a length is negative or the sum exceeds an int
   */
  public static PackedSequences of(int... lengths) {
    int[] starts = new int[lengths.length + 1];
    int longest = 0;
    for (int i = 0; i < lengths.length; i++) {
      if (lengths[i] < 0) {
        throw new IllegalArgumentException(
            "sequence " + i + " has the negative length " + lengths[i]);
      }
      if (lengths[i] > Integer.MAX_VALUE - starts[i]) {
        throw new IllegalArgumentException(
            "sequences 0 to " + i + " have more than " + Integer.MAX_VALUE + " tokens together");
      }
      starts[i + 1] = starts[i] + lengths[i];
      longest = Math.max(longest, lengths[i]);
    }
    return new PackedSequences(starts, longest);
  }

  /** The number of sequences. */
  public int count() {
    return cuSeqlens.length - 1;
  }

  /** The number of rows of all sequences together. */
  public int tokens() {
    return cuSeqlens[cuSeqlens.length - 1];
  }

  /** The number of rows of one sequence. */
  public int length(int sequence) {
    return cuSeqlens[sequence + 1] - cuSeqlens[sequence];
  }

  /** The number of rows of the longest sequence. */
  public int maxLength() {
    return maxLength;
  }

  /** The row where each sequence begins, and one past the last row: {@code count + 1} numbers. */
  public int[] cuSeqlens() {
    return cuSeqlens.clone();
  }

  /**
   * The rows where the sequences begin as a new tensor, {@link DType#I32} {@code [count]}: the
   * index of the [CLS] tokens.
   */
  public Tensor starts() {
    return Creation.of(Arrays.copyOf(cuSeqlens, count()), count());
  }

  /** Each row's place in its sequence as a new tensor, {@link DType#I32} {@code [tokens]}. */
  public Tensor positionIds() {
    int[] positions = new int[tokens()];
    for (int i = 0; i < count(); i++) {
      for (int row = cuSeqlens[i]; row < cuSeqlens[i + 1]; row++) {
        positions[row] = row - cuSeqlens[i];
      }
    }
    return Creation.of(positions, positions.length);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PackedSequences that && Arrays.equals(cuSeqlens, that.cuSeqlens);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(cuSeqlens);
  }

  /** As {@code 4 sequences, 210 tokens, longest 128}. */
  @Override
  public String toString() {
    return count() + " sequences, " + tokens() + " tokens, longest " + maxLength;
  }
}
