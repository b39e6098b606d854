package io.github.jaubert.measure.bias;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * How good a classifier is for parts of the data, such as each source or group of people: accuracy
 * and the mean F1 of the labels, with intervals, and the largest gap between two parts.
 */
public final class SliceMetrics {
  /** Of more values, the rows of the rarest are one slice. */
  public static final int MOST = 30;

  /** What rows are called whose value is one of the rarest. */
  public static final String OTHERS = "(all others)";

  private static final String NONE = "(none)";

  private SliceMetrics() {}

  /**
   * A slice.
   *
   * @param accuracy the share of rows whose label, or all labels, are right, with Wilson's interval
   * @param macroF1 the mean F1 of the labels that its rows have or are given; of rows that may have
   *     several labels null
   */
  public record Slice(int rows, Estimate accuracy, Estimate macroF1) {}

  /**
   * What was found.
   *
   * @param slices by value, the largest first
   * @param accuracyGap the largest difference between two slices; NaN if there is one
   * @param macroF1Gap the same; null where F1 is
   */
  public record Result(Map<String, Slice> slices, Estimate accuracyGap, Estimate macroF1Gap) {}

  /**
   * Measures slices.
   *
   * @param rows their group is the value by which they are divided
   * @param single whether each row has one label
   */
  public static Result measure(List<Judged> rows, boolean single, Bootstrap bootstrap) {
    Map<String, List<Judged>> byValue = byValue(rows);
    GroupFairness.Rate accuracy = SliceMetrics::accuracy;
    GroupFairness.Rate f1 = SliceMetrics::macroF1;
    Map<String, Slice> slices = new LinkedHashMap<>();
    byValue.forEach(
        (value, own) ->
            slices.put(
                value,
                new Slice(
                    own.size(),
                    Estimate.share(accuracy(own), own.size()),
                    single ? estimate(own, f1, bootstrap) : null)));
    List<List<Judged>> lists = List.copyOf(byValue.values());
    return new Result(
        slices, gap(lists, accuracy, bootstrap), single ? gap(lists, f1, bootstrap) : null);
  }

  private static Map<String, List<Judged>> byValue(List<Judged> rows) {
    Map<String, List<Judged>> all = new TreeMap<>();
    for (Judged row : rows) {
      String value = row.group().isBlank() ? NONE : row.group();
      all.computeIfAbsent(value, v -> new ArrayList<>()).add(row);
    }
    Map<String, List<Judged>> sorted = new LinkedHashMap<>();
    List<Judged> others = new ArrayList<>();
    boolean many = all.size() > MOST;
    all.entrySet().stream()
        .sorted(Comparator.comparingInt(one -> -one.getValue().size()))
        .forEach(
            one -> {
              if (many && sorted.size() == MOST - 1) {
                others.addAll(one.getValue());
              } else {
                sorted.put(one.getKey(), one.getValue());
              }
            });
    if (many) {
      sorted.put(OTHERS, others);
    }
    return sorted;
  }

  private static Estimate estimate(
      List<Judged> rows, GroupFairness.Rate rate, Bootstrap bootstrap) {
    return bootstrap.estimate(
        rows.size(),
        drawn -> {
          List<Judged> some = new ArrayList<>(drawn.length);
          for (int row : drawn) {
            some.add(rows.get(row));
          }
          return rate.of(some);
        });
  }

  private static Estimate gap(
      List<List<Judged>> slices, GroupFairness.Rate rate, Bootstrap bootstrap) {
    return slices.size() < 2
        ? Estimate.exact(Double.NaN, 0)
        : GroupFairness.gap(slices, bootstrap, rate);
  }

  private static double accuracy(List<Judged> rows) {
    return (double) rows.stream().filter(Judged::isRight).count() / rows.size();
  }

  private static double macroF1(List<Judged> rows) {
    Map<String, int[]> counts = new TreeMap<>(); // right, predicted and true ones
    for (Judged row : rows) {
      counts.computeIfAbsent(row.predicted(), label -> new int[3])[1]++;
      counts.computeIfAbsent(row.label(), label -> new int[3])[2]++;
      counts.get(row.label())[0] += row.isRight() ? 1 : 0;
    }
    return counts.values().stream()
        .mapToDouble(one -> 2.0 * one[0] / (one[1] + one[2]))
        .average()
        .orElse(Double.NaN);
  }
}
