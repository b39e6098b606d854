package io.github.jaubert.train.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

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
