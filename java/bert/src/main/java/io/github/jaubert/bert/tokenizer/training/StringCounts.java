package io.github.jaubert.bert.tokenizer.training;

import java.util.Arrays;

/**
 * How often strings occur. A hash map that looks up a part of a text without making a string of it,
 * and takes few bytes more than the characters: a corpus has millions of words.
 */
public final class StringCounts {
  private static final int MOST_CHARACTERS = Integer.MAX_VALUE - 16;

  private char[] characters = new char[1 << 12];
  private int[] ends = new int[1 << 9]; // of the strings, in order of their first addition
  private int[] hashes = new int[1 << 9];
  private long[] counts = new long[1 << 9];
  private int[] table = new int[1 << 10]; // number of a string plus 1, or 0; a power of two
  private int size;

  /** Counts {@code text[from, to)} so many times more. */
  public void add(CharSequence text, int from, int to, long times) {
    int hash = 0;
    for (int i = from; i < to; i++) {
      hash = 31 * hash + text.charAt(i);
    }
    hash *= 0x9E3779B9;
    hash ^= hash >>> 15;
    int mask = table.length - 1;
    int at = hash & mask;
    while (table[at] != 0) {
      int i = table[at] - 1;
      if (hashes[i] == hash && equals(i, text, from, to)) {
        counts[i] += times;
        return;
      }
      at = at + 1 & mask;
    }
    append(text, from, to, hash, times);
    table[at] = size;
    if (2 * size > table.length) {
      enlargeTable();
    }
  }

  /** Counts a whole string so many times more. */
  public void add(CharSequence text, long times) {
    add(text, 0, text.length(), times);
  }

  /** Adds the counts of another. */
  public void addAll(StringCounts other) {
    for (int i = 0; i < other.size; i++) {
      add(other.string(i), other.counts[i]);
    }
  }

  private boolean equals(int i, CharSequence text, int from, int to) {
    int start = start(i);
    if (ends[i] - start != to - from) {
      return false;
    }
    for (int j = from; j < to; j++) {
      if (characters[start + j - from] != text.charAt(j)) {
        return false;
      }
    }
    return true;
  }

  private void append(CharSequence text, int from, int to, int hash, long times) {
    int start = characters();
    long needed = (long) start + to - from;
    if (needed > MOST_CHARACTERS) {
      throw new IllegalArgumentException(
          "the different words of the texts have more than " + MOST_CHARACTERS + " characters");
    }
    if (needed > characters.length) {
      long twice = Math.min(MOST_CHARACTERS, 2L * characters.length);
      characters = Arrays.copyOf(characters, (int) Math.max(needed, twice));
    }
    for (int i = from; i < to; i++) {
      characters[start + i - from] = text.charAt(i);
    }
    if (size == counts.length) {
      ends = Arrays.copyOf(ends, 2 * size);
      hashes = Arrays.copyOf(hashes, 2 * size);
      counts = Arrays.copyOf(counts, 2 * size);
    }
    ends[size] = (int) needed;
    hashes[size] = hash;
    counts[size++] = times;
  }

  private void enlargeTable() {
    table = new int[2 * table.length];
    int mask = table.length - 1;
    for (int i = 0; i < size; i++) {
      int at = hashes[i] & mask;
      while (table[at] != 0) {
        at = at + 1 & mask;
      }
      table[at] = i + 1;
    }
  }

  private int start(int i) {
    return i == 0 ? 0 : ends[i - 1];
  }

  /** The number of different strings. */
  public int size() {
    return size;
  }

  /** How many characters the different strings have together. */
  public int characters() {
    return size == 0 ? 0 : ends[size - 1];
  }

  /** The string of a number from 0 to size - 1. */
  public String string(int i) {
    return new String(characters, start(i), ends[i] - start(i));
  }

  /** How often it occurs. */
  public long count(int i) {
    return counts[i];
  }
}
