package io.github.jaubert.tensor;

import io.github.jaubert.internal.ops.CreationOps;
import java.util.Arrays;

/**
 * Where each sequence of a packed batch begins: the rows of all sequences lie end to end in {@code
 * [tokens, ...]}, and sequence i owns the rows {@code cuSeqlens[i]} to {@code cuSeqlens[i + 1] -
 * 1}. Nothing is padded, unless {@link #padTo} asks for it. Immutable.
 */
public final class PackedSequences {
  private final int[] cuSeqlens; // and where there is padding, its end
  private final int count;
  private final int maxLength;

  private PackedSequences(int[] cuSeqlens, int count, int maxLength) {
    this.cuSeqlens = cuSeqlens;
    this.count = count;
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
    return new PackedSequences(starts, lengths.length, longest);
  }

  /**
   * The same sequences with rows of padding behind them, so that batches of other lengths have as
   * many rows, which a captured step needs. The padding is like one more sequence, that {@link
   * #count} does not count: nothing looks at it, and its rows add zeros to every gradient.
   *
   * @param tokens how many rows there are then; with none to add the result is padded, too
   * @throws IllegalArgumentException if there are more already, or padding
   */
  public PackedSequences padTo(int tokens) {
    if (isPadded() || tokens < tokens()) {
      throw new IllegalArgumentException(this + " cannot be padded to " + tokens + " tokens");
    }
    int[] padded = Arrays.copyOf(cuSeqlens, cuSeqlens.length + 1);
    padded[count + 1] = tokens;
    return new PackedSequences(padded, count, maxLength);
  }

  /** Whether {@link #padTo} made it. */
  public boolean isPadded() {
    return cuSeqlens.length > count + 1;
  }

  /** The number of sequences. */
  public int count() {
    return count;
  }

  /** The number of rows of all sequences, and of padding, together. */
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

  /**
   * The row where each sequence begins, and one past the last row: {@code count + 1} numbers, and
   * with padding one more, its end.
   */
  public int[] cuSeqlens() {
    return cuSeqlens.clone();
  }

  /**
   * The rows where the sequences begin as a new tensor, {@link DType#I32} {@code [count]}: the
   * index of the [CLS] tokens.
   */
  public Tensor starts() {
    return CreationOps.of(Arrays.copyOf(cuSeqlens, count()), count());
  }

  /**
   * Each row's place in its sequence as a new tensor, {@link DType#I32} {@code [tokens]}; rows of
   * padding are at place 0.
   */
  public Tensor positionIds() {
    int[] positions = positions();
    return CreationOps.of(positions, positions.length);
  }

  /** The same as an array. */
  public int[] positions() {
    int[] positions = new int[tokens()];
    for (int i = 0; i < count(); i++) {
      for (int row = cuSeqlens[i]; row < cuSeqlens[i + 1]; row++) {
        positions[row] = row - cuSeqlens[i];
      }
    }
    return positions;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PackedSequences that
        && count == that.count
        && Arrays.equals(cuSeqlens, that.cuSeqlens);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(cuSeqlens);
  }

  /** As {@code 4 sequences, 210 tokens, longest 128}, or {@code 256 tokens with padding}. */
  @Override
  public String toString() {
    return "%d sequences, %d tokens%s, longest %d"
        .formatted(count, tokens(), isPadded() ? " with padding" : "", maxLength);
  }
}
