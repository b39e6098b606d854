package io.github.jaubert.measure.bias;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Whether a classifier is as good for one group of people as for another: accuracy by group, and
 * for each label how often it is given, rightly and wrongly. Equalised odds (Hardt et al. 2016) ask
 * that the shares of rows with a label, and of rows without it, that are given it are the same in
 * all groups; demographic parity that it is given equally often.
 */
public final class GroupFairness {
  private GroupFairness() {}

  /**
   * How often a label is given to the rows of a group, in percent.
   *
   * @param given to any row
   * @param truePositive to rows that have it; NaN if there are none
   * @param falsePositive to rows that do not; NaN if there are none
   */
  public record Rates(Estimate given, Estimate truePositive, Estimate falsePositive) {}

  /**
   * A group.
   *
   * @param accuracy in percent
   * @param rates by label
   */
  public record Group(Estimate accuracy, Map<String, Rates> rates) {}

  /**
   * The largest differences between two groups, in percentage points.
   *
   * @param given demographic parity
   * @param truePositive equal opportunity
   * @param falsePositive of rows without the label
   * @param odds equalised odds: the larger of the two above
   */
  public record Gaps(
      Estimate given, Estimate truePositive, Estimate falsePositive, Estimate odds) {}

  /**
   * What was found.
   *
   * @param rows how many rows there are
   * @param groups by name
   * @param accuracyGap the largest difference of accuracies
   * @param gaps by label
   */
  public record Result(
      int rows, Map<String, Group> groups, Estimate accuracyGap, Map<String, Gaps> gaps)
      implements BiasResult {
    @Override
    public String key() {
      return "groups";
    }

    @Override
    public String title() {
      return "By group";
    }

    @Override
    public String measures() {
      return "%,d rows in %d groups. Given: share of rows that get the label. True and false positives: share of the rows with, and without, the label that get it. Gaps are the largest differences between two groups, in percentage points; equalised odds (Hardt et al. 2016): the larger gap of true and false positives."
          .formatted(rows, groups.size());
    }

    @Override
    public List<String> caveats() {
      return List.of(
          "A gap is never below 0 and of small groups large by chance; so is its interval. Look at the rows of each group.",
          "Groups may differ in more than the group: gaps of true and false positives compare rows that the data label alike, and are right only as far as these labels are.",
          "Equal odds, equal shares and equally meaningful scores cannot in general all be had at once (Kleinberg et al. 2017).");
    }

    @Override
    public List<BiasTable> tables() {
      List<BiasTable> tables = new ArrayList<>();
      List<BiasTable.Row> rows = new ArrayList<>();
      groups.forEach(
          (name, group) ->
              rows.add(BiasTable.Row.of(name, group.accuracy(), group.accuracy().count())));
      rows.add(BiasTable.Row.of("gap", accuracyGap, null));
      tables.add(new BiasTable("Accuracy, %", List.of("accuracy", "rows"), rows, Double.NaN));
      gaps.forEach(
          (label, gap) -> {
            List<BiasTable.Row> shares = new ArrayList<>();
            groups.forEach(
                (name, group) -> {
                  Rates rates = group.rates().get(label);
                  shares.add(
                      BiasTable.Row.of(
                          name, rates.given(), rates.truePositive(), rates.falsePositive(), null));
                });
            shares.add(
                BiasTable.Row.of(
                    "gap", gap.given(), gap.truePositive(), gap.falsePositive(), gap.odds()));
            tables.add(
                new BiasTable(
                    "Label " + label + ", %",
                    List.of("given", "true positives", "false positives", "equalised odds"),
                    shares,
                    Double.NaN));
          });
      return tables;
    }
  }

  /**
   * Compares groups.
   *
   * @param labels for which labels; empty: all that data or model give, or of two the last, as the
   *     figures of one are those of the other
   * @throws IllegalArgumentException if there are not two groups
   */
  public static Result measure(List<Judged> rows, List<String> labels, Bootstrap bootstrap) {
    Map<String, List<Judged>> byGroup = new TreeMap<>();
    rows.forEach(row -> byGroup.computeIfAbsent(row.group(), g -> new ArrayList<>()).add(row));
    if (byGroup.size() < 2) {
      throw new IllegalArgumentException(
          "groups: %s; at least two are needed to be compared".formatted(byGroup.keySet()));
    }
    TreeSet<String> all = new TreeSet<>(labels);
    if (all.isEmpty()) {
      rows.forEach(row -> all.addAll(List.of(row.label(), row.predicted())));
      if (all.size() == 2) {
        all.pollFirst();
      }
    }
    Map<String, Group> groups = new LinkedHashMap<>();
    byGroup.forEach((name, own) -> groups.put(name, group(own, all, bootstrap)));
    List<List<Judged>> lists = List.copyOf(byGroup.values());
    Map<String, Gaps> gaps = new LinkedHashMap<>();
    all.forEach(label -> gaps.put(label, gaps(lists, label, bootstrap)));
    return new Result(
        rows.size(),
        groups,
        gap(lists, bootstrap, drawn -> share(drawn, row -> true, Judged::isRight)),
        gaps);
  }

  private static Group group(List<Judged> rows, TreeSet<String> labels, Bootstrap bootstrap) {
    Map<String, Rates> rates = new LinkedHashMap<>();
    for (String label : labels) {
      Predicate<Judged> has = row -> row.label().equals(label);
      Predicate<Judged> gets = row -> row.predicted().equals(label);
      rates.put(
          label,
          new Rates(
              percent(rows, row -> true, gets, bootstrap),
              percent(rows, has, gets, bootstrap),
              percent(rows, has.negate(), gets, bootstrap)));
    }
    return new Group(percent(rows, row -> true, Judged::isRight, bootstrap), rates);
  }

  private static Estimate percent(
      List<Judged> rows, Predicate<Judged> of, Predicate<Judged> holds, Bootstrap bootstrap) {
    List<Judged> some = rows.stream().filter(of).toList();
    boolean[] flags = new boolean[some.size()];
    for (int i = 0; i < flags.length; i++) {
      flags[i] = holds.test(some.get(i));
    }
    return bootstrap.percent(flags);
  }

  /** The figure of some rows of a group; NaN if it has none. */
  interface Rate {
    double of(List<Judged> rows);
  }

  private static double share(List<Judged> rows, Predicate<Judged> of, Predicate<Judged> holds) {
    int all = 0;
    int held = 0;
    for (Judged row : rows) {
      if (of.test(row)) {
        all++;
        held += holds.test(row) ? 1 : 0;
      }
    }
    return all == 0 ? Double.NaN : 100.0 * held / all;
  }

  private static Gaps gaps(List<List<Judged>> groups, String label, Bootstrap bootstrap) {
    Predicate<Judged> has = row -> row.label().equals(label);
    Predicate<Judged> gets = row -> row.predicted().equals(label);
    Rate truePositive = rows -> share(rows, has, gets);
    Rate falsePositive = rows -> share(rows, has.negate(), gets);
    return new Gaps(
        gap(groups, bootstrap, rows -> share(rows, row -> true, gets)),
        gap(groups, bootstrap, truePositive),
        gap(groups, bootstrap, falsePositive),
        gap(groups, bootstrap, truePositive, falsePositive));
  }

  /** The largest difference between two groups, of the rate where that is the largest. */
  static Estimate gap(List<List<Judged>> groups, Bootstrap bootstrap, Rate... rates) {
    int[] sizes = groups.stream().mapToInt(List::size).toArray();
    return bootstrap.estimate(
        sizes,
        drawn -> {
          double largest = Double.NaN;
          for (Rate rate : rates) {
            double low = Double.NaN;
            double high = Double.NaN;
            for (int i = 0; i < sizes.length; i++) {
              List<Judged> group = groups.get(i);
              List<Judged> some = new ArrayList<>(sizes[i]);
              for (int row : drawn[i]) {
                some.add(group.get(row));
              }
              double value = rate.of(some);
              if (!Double.isNaN(value)) { // of a group without such rows nothing is known
                low = Double.isNaN(low) ? value : Math.min(low, value);
                high = Double.isNaN(high) ? value : Math.max(high, value);
              }
            }
            double gap = high - low;
            largest =
                Double.isNaN(largest) ? gap : Double.isNaN(gap) ? largest : Math.max(largest, gap);
          }
          return largest;
        });
  }
}
