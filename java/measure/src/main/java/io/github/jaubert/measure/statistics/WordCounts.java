package io.github.jaubert.measure.statistics;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How often words occur, exact as long as there are no more than a capacity of different ones.
 * Beyond it, rare words are dropped (Manku and Motwani 2002, lossy counting): a count is then too
 * small by at most {@link #error}, and how many different words there are is estimated by
 * HyperLogLog (Flajolet et al. 2007) with a standard error of 0.8 %.
 */
public final class WordCounts {
  private static final int REGISTER_BITS = 14;

  private final int capacity;
  private final Map<String, long[]> counts = new HashMap<>();
  private final byte[] registers = new byte[1 << REGISTER_BITS];
  private long total;
  private long error;

  /**
   * @param capacity how many different words are counted
   */
  public WordCounts(int capacity) {
    this.capacity = capacity;
  }

  /** Counts a word once more. */
  public void add(String word) {
    add(word, 1);
  }

  /** Counts a word so many times more. */
  public void add(String word, long times) {
    total += times;
    long[] count = counts.get(word);
    if (count != null) {
      count[0] += times;
      return;
    }
    if (counts.size() == capacity) {
      drop();
    }
    counts.put(word, new long[] {times});
    register(word);
  }

  /** Drops the rarest half. */
  private void drop() {
    long[] all = counts.values().stream().mapToLong(count -> count[0]).sorted().toArray();
    long median = all[all.length / 2];
    counts.values().removeIf(count -> count[0] <= median);
    error += median;
  }

  private void register(String word) {
    long hash = 0;
    for (int i = 0; i < word.length(); i++) {
      hash = hash * 0x100000001B3L + word.charAt(i) + 1;
    }
    hash = (hash ^ hash >>> 32) * 0xBF58476D1CE4E5B9L;
    hash = (hash ^ hash >>> 29) * 0x94D049BB133111EBL;
    hash ^= hash >>> 32;
    int register = (int) (hash >>> 64 - REGISTER_BITS);
    int rank = Long.numberOfLeadingZeros(hash << REGISTER_BITS | 1) + 1;
    registers[register] = (byte) Math.max(registers[register], rank);
  }

  /** All words counted, with repetitions. */
  public long total() {
    return total;
  }

  /** By how much a count may be too small; 0 if counts are exact. */
  public long error() {
    return error;
  }

  /** How many different words there are: exact if {@link #error} is 0. */
  public long distinct() {
    if (error == 0) {
      return counts.size();
    }
    double sum = 0;
    int empty = 0;
    for (byte register : registers) {
      sum += Math.scalb(1.0, -register);
      empty += register == 0 ? 1 : 0;
    }
    double m = registers.length;
    double estimate = 0.7213 / (1 + 1.079 / m) * m * m / sum;
    boolean few = estimate <= 2.5 * m && empty > 0;
    return Math.round(few ? m * Math.log(m / empty) : estimate);
  }

  /** How often a word occurs. */
  public long of(String word) {
    long[] count = counts.get(word);
    return count == null ? 0 : count[0];
  }

  /** A word and how often it occurs. */
  public record Counted(String word, long count) {}

  /** All words, the commonest first, those of one count by their characters. */
  public List<Counted> sorted() {
    return counts.entrySet().stream()
        .map(one -> new Counted(one.getKey(), one.getValue()[0]))
        .sorted(Comparator.comparingLong(Counted::count).reversed().thenComparing(Counted::word))
        .toList();
  }
}
