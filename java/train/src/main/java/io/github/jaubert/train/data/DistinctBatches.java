package io.github.jaubert.train.data;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;

/**
 * Puts examples into batches one by one, each into the first that is not full and holds nothing of
 * what it has itself.
 */
final class DistinctBatches {
  private final IntFunction<int[]> keys;
  private final long full;
  private final List<List<Integer>> batches = new ArrayList<>();
  private final List<Long> sizes = new ArrayList<>();
  private final List<Set<Integer>> held = new ArrayList<>(); // of batches; null once full

  /** Where to look for one that is not full, from a batch that is; shortened when it is read. */
  private final List<Integer> next = new ArrayList<>();

  /** The first batch that does not hold a key. */
  private final Map<Integer, Integer> free = new HashMap<>();

  /**
   * None yet.
   *
   * @param keys what no two examples of a batch may share
   * @param full the size from which on a batch takes no more
   */
  DistinctBatches(IntFunction<int[]> keys, long full) {
    this.keys = keys;
    this.full = full;
  }

  void add(int example, int size) {
    int[] own = keys.apply(example);
    int batch = 0;
    for (int key : own) {
      batch = Math.max(batch, firstWithout(key));
    }
    batch = notFull(batch);
    while (batch < batches.size() && holdsAny(batch, own)) {
      batch = notFull(batch + 1);
    }
    if (batch == batches.size()) {
      batches.add(new ArrayList<>());
      sizes.add(0L);
      held.add(new HashSet<>());
      next.add(batch);
    }
    batches.get(batch).add(example);
    sizes.set(batch, sizes.get(batch) + size);
    for (int key : own) {
      held.get(batch).add(key);
    }
    if (sizes.get(batch) >= full) {
      held.set(batch, null);
      next.set(batch, batch + 1);
    }
  }

  /** No batch before it can take an example with this key, now or later. */
  private int firstWithout(int key) {
    int batch = free.getOrDefault(key, 0);
    while (batch < batches.size() && (held.get(batch) == null || held.get(batch).contains(key))) {
      batch++;
    }
    free.put(key, batch);
    return batch;
  }

  private boolean holdsAny(int batch, int[] own) {
    for (int key : own) {
      if (held.get(batch).contains(key)) {
        return true;
      }
    }
    return false;
  }

  /** The first from here on that is not full, or the number of batches. */
  private int notFull(int from) {
    int batch = from;
    while (batch < batches.size() && next.get(batch) != batch) {
      batch = next.get(batch);
    }
    for (int at = from; at < batch; ) {
      int after = next.get(at);
      next.set(at, batch);
      at = after;
    }
    return batch;
  }

  List<int[]> batches() {
    return batches.stream()
        .map(batch -> batch.stream().mapToInt(Integer::intValue).toArray())
        .toList();
  }
}
