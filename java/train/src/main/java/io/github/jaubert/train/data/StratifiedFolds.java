package io.github.jaubert.train.data;

import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.ProblemType;
import io.github.jaubert.tensor.Rng;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Divides the rows of a data set into parts for cross-validation. Parts differ by at most one row,
 * and by at most one of the rows with the same labels; of scores each part has about as many from
 * every range. Who is in which part is drawn by chance, the same for the same seed.
 */
public final class StratifiedFolds {
  private StratifiedFolds() {}

  /**
   * The number of the part of each row, from 0.
   *
   * @param labels what the labels of the data are
   * @throws IllegalArgumentException if there are fewer than 2 parts
   * @throws DataException if there are fewer rows than parts, or all rows with a label would be in
   *     one part, so that nothing could be learnt of it from the others
   */
  public static int[] of(TextDataset data, Labels labels, int parts, long seed) {
    if (parts < 2) {
      throw new IllegalArgumentException(parts + " parts; from 2");
    }
    if (data.size() < parts) {
      throw new DataException(
          data.source(), "has %d rows, too few for %d parts".formatted(data.size(), parts));
    }
    boolean scores = labels.problemType() == ProblemType.REGRESSION;
    List<List<Integer>> strata = scores ? ranges(data, labels, parts) : alike(data);
    Rng random = Rng.of(seed);
    int[] folds = new int[data.size()];
    int[] places = IntStream.range(0, parts).toArray();
    int next = 0;
    for (List<Integer> rows : strata) {
      int[] order = rows.stream().mapToInt(Integer::intValue).toArray();
      random.shuffle(order);
      for (int row : order) {
        if (next % parts == 0) {
          random.shuffle(places); // so that the same part is not always the larger one
        }
        folds[row] = places[next++ % parts];
      }
    }
    if (!scores) {
      requireLearnable(data, folds, parts);
    }
    return folds;
  }

  private static List<List<Integer>> alike(TextDataset data) {
    Map<String, List<Integer>> strata = new TreeMap<>();
    for (int row = 0; row < data.size(); row++) {
      String key =
          data.rows().get(row).labels().stream().sorted().collect(Collectors.joining("\n"));
      strata.computeIfAbsent(key, k -> new ArrayList<>()).add(row);
    }
    return List.copyOf(strata.values());
  }

  /** As many rows of neighbouring scores as there are parts. */
  private static List<List<Integer>> ranges(TextDataset data, Labels labels, int parts) {
    Targets targets = Targets.of(data, labels);
    List<Integer> order =
        IntStream.range(0, data.size())
            .boxed()
            .sorted(Comparator.comparingDouble(row -> targets.value(row, 0)))
            .toList();
    List<List<Integer>> ranges = new ArrayList<>();
    for (int from = 0; from < order.size(); from += parts) {
      ranges.add(order.subList(from, Math.min(order.size(), from + parts)));
    }
    return ranges;
  }

  private static void requireLearnable(TextDataset data, int[] folds, int parts) {
    for (int part = 0; part < parts; part++) {
      Set<String> learnt = new HashSet<>();
      for (int row = 0; row < folds.length; row++) {
        if (folds[row] != part) {
          learnt.addAll(data.rows().get(row).labels());
        }
      }
      for (int row = 0; row < folds.length; row++) {
        Example example = data.rows().get(row);
        for (String label : folds[row] == part ? example.labels() : List.<String>of()) {
          if (!learnt.contains(label)) {
            throw new DataException(
                data.origin(),
                example.line(),
                "label %s is in one of %d parts alone, and could not be learnt from the others; skipLabels(…) leaves such rows out"
                    .formatted(label, parts));
          }
        }
      }
    }
  }
}
