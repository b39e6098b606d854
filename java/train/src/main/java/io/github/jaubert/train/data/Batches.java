package io.github.jaubert.train.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;

/**
 * Cuts an order of examples into batches. Batches are packed, not padded, so a batch costs what its
 * tokens cost and there is nothing to gain from putting sentences of like length together: every
 * batch takes the next sentences of a random order.
 */
public final class Batches {
  private Batches() {}

  /**
   * Batches of {@code size} examples; the last one has what is left.
   *
   * @throws IllegalArgumentException if {@code size} is not positive
   */
  public static List<int[]> byExamples(int[] order, int size) {
    if (size < 1) {
      throw new IllegalArgumentException("batches of " + size + " examples");
    }
    List<int[]> batches = new ArrayList<>();
    for (int start = 0; start < order.length; start += size) {
      batches.add(Arrays.copyOfRange(order, start, Math.min(order.length, start + size)));
    }
    return batches;
  }

  /**
   * Batches of {@code size} examples of which no two share anything. An example goes to the first
   * batch that can take it, so that the last batches may have fewer.
   *
   * @param keys what an example has that no other of its batch may have, as numbers
   * @throws IllegalArgumentException if {@code size} is not positive
   */
  public static List<int[]> byExamples(int[] order, int size, IntFunction<int[]> keys) {
    if (size < 1) {
      throw new IllegalArgumentException("batches of " + size + " examples");
    }
    DistinctBatches batches = new DistinctBatches(keys, size);
    for (int example : order) {
      batches.add(example, 1);
    }
    return batches.batches();
  }

  /**
   * Batches of about {@code maxTokens} each of examples of which no two share anything: one takes
   * examples until another of mean length would lead further away from that number. An example goes
   * to the first batch that can take it, so that the last batches may have fewer.
   *
   * @param lengths the number of tokens of each example, at least 1
   * @param keys what an example has that no other of its batch may have, as numbers
   * @throws IllegalArgumentException if {@code maxTokens} is not positive
   */
  public static List<int[]> byTokens(
      int[] order, int[] lengths, int maxTokens, IntFunction<int[]> keys) {
    if (maxTokens < 1) {
      throw new IllegalArgumentException("batches of " + maxTokens + " tokens");
    }
    long total = Arrays.stream(order).mapToLong(example -> lengths[example]).sum();
    long half = order.length == 0 ? 0 : total / (2L * order.length);
    DistinctBatches batches = new DistinctBatches(keys, Math.max(1, maxTokens - half));
    for (int example : order) {
      batches.add(example, lengths[example]);
    }
    return batches.batches();
  }

  /**
   * Batches of about the same number of tokens, as few as will do with {@code maxTokens} each on
   * average. The tokens of all examples in a row are divided into equal shares, and an example goes
   * to the share that its middle lies in, so that a batch differs from the mean by less than one
   * example.
   *
   * @param lengths the number of tokens of each example, at least 1
   * @throws IllegalArgumentException if {@code maxTokens} is not positive
   */
  public static List<int[]> byTokens(int[] order, int[] lengths, int maxTokens) {
    if (maxTokens < 1) {
      throw new IllegalArgumentException("batches of " + maxTokens + " tokens");
    }
    long total = Arrays.stream(order).mapToLong(example -> lengths[example]).sum();
    long shares = (total + maxTokens - 1) / maxTokens;
    List<int[]> batches = new ArrayList<>();
    long sum = 0;
    long share = 0;
    int start = 0;
    for (int i = 0; i < order.length; i++) {
      int length = lengths[order[i]];
      long own = (2 * sum + length) * shares / (2 * total);
      if (own > share && i > start) {
        batches.add(Arrays.copyOfRange(order, start, i));
        start = i;
      }
      share = own;
      sum += length;
    }
    if (start < order.length) {
      batches.add(Arrays.copyOfRange(order, start, order.length));
    }
    return batches;
  }
}
