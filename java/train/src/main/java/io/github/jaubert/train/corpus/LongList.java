package io.github.jaubert.train.corpus;

import java.util.Arrays;

/** A list of numbers that grows, without an object for each. */
final class LongList {
  private static final int MOST = Integer.MAX_VALUE - 8;

  private long[] values = new long[1024];
  private int size;

  void add(long value) {
    if (size == values.length) {
      if (size == MOST) {
        throw new IllegalArgumentException(
            "the corpus gives more than %,d sequences".formatted(MOST));
      }
      values = Arrays.copyOf(values, (int) Math.min(MOST, size + (size / 2L)));
    }
    values[size++] = value;
  }

  long[] toArray() {
    return Arrays.copyOf(values, size);
  }
}
