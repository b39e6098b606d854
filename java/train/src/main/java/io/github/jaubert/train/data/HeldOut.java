package io.github.jaubert.train.data;

import io.github.jaubert.tensor.Rng;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Chooses the rows that nothing is learnt from, the same for the same seed. */
final class HeldOut {
  private HeldOut() {}

  /**
   * About a share of the rows, and of those with each label: rows are put in order of their labels,
   * by chance among alike ones, and are then taken at equal distances. A label of one row is not
   * held out, unless most rows have one of their own, as scores may.
   *
   * @return whether each row is held out
   */
  static boolean[] stratified(List<Example> rows, double share, long seed) {
    Rng random = Rng.of(seed);
    Map<String, List<Integer>> strata = new TreeMap<>();
    for (int row = 0; row < rows.size(); row++) {
      String key = rows.get(row).labels().stream().sorted().collect(Collectors.joining("\n"));
      strata.computeIfAbsent(key, k -> new ArrayList<>()).add(row);
    }
    long single = strata.values().stream().filter(alike -> alike.size() == 1).count();
    List<Integer> order = new ArrayList<>();
    for (List<Integer> alike : strata.values()) {
      if (alike.size() > 1 || 2 * single > rows.size()) {
        order.addAll(shuffled(alike, random));
      }
    }
    boolean[] held = new boolean[rows.size()];
    double from = random.nextInt(1 << 30) / (double) (1 << 30);
    for (int i = 0; i < order.size(); i++) {
      held[order.get(i)] = Math.floor(share * (i + 1) + from) > Math.floor(share * i + from);
    }
    return held;
  }

  /**
   * All rows of some groups, drawn by chance until they are the share of all rows or more.
   *
   * @param groups of each row
   * @throws DataException if all rows would be held out
   */
  static boolean[] byGroup(String source, List<String> groups, double share, long seed) {
    Map<String, List<Integer>> rows = new LinkedHashMap<>();
    for (int row = 0; row < groups.size(); row++) {
      rows.computeIfAbsent(groups.get(row), k -> new ArrayList<>()).add(row);
    }
    List<List<Integer>> all = List.copyOf(rows.values());
    boolean[] held = new boolean[groups.size()];
    int count = 0;
    for (int group : shuffled(IntStream.range(0, all.size()).boxed().toList(), Rng.of(seed))) {
      if (count < share * groups.size()) {
        all.get(group).forEach(row -> held[row] = true);
        count += all.get(group).size();
      }
    }
    if (count == groups.size()) {
      throw new DataException(
          source,
          "%d rows in %d group%s: a share of %s would be all of them"
              .formatted(groups.size(), all.size(), all.size() == 1 ? "" : "s", share));
    }
    return held;
  }

  private static List<Integer> shuffled(List<Integer> rows, Rng random) {
    int[] order = rows.stream().mapToInt(Integer::intValue).toArray();
    random.shuffle(order);
    List<Integer> shuffled = new ArrayList<>(order.length);
    for (int row : order) {
      shuffled.add(row);
    }
    return Collections.unmodifiableList(shuffled);
  }
}
