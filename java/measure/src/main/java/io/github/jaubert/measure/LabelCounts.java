package io.github.jaubert.measure;

import io.github.jaubert.measure.LabelReport.Alike;
import io.github.jaubert.measure.LabelReport.LabelShare;
import io.github.jaubert.measure.LabelReport.Scores;
import io.github.jaubert.measure.statistics.Moments;
import io.github.jaubert.train.data.LabelText;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Counts labels, at most {@link #MOST} different ones. */
final class LabelCounts {
  static final int MOST = 10_000;
  private static final int LISTED = 1_000;

  /** Whole numbers of more different values than this are amounts, not names of classes. */
  private static final int CLASSES = 20;

  private final boolean ordinal;
  private final Map<String, Long> counts = new TreeMap<>();
  private final Moments moments = new Moments();
  private boolean tooMany;
  private boolean numbers = true;
  private boolean fractions;
  private long missing;

  /**
   * @param ordinal whether whole numbers are in an order, and no names of classes
   */
  LabelCounts(boolean ordinal) {
    this.ordinal = ordinal;
  }

  void add(List<String> labels) {
    missing += labels.isEmpty() ? 1 : 0;
    for (String label : labels) {
      if (counts.size() < MOST || counts.containsKey(label)) {
        counts.merge(label, 1L, Long::sum);
      } else {
        tooMany = true;
      }
      numbers = numbers && LabelText.isNumber(label);
      if (numbers) {
        fractions |= !LabelText.isWhole(label);
        moments.add(Double.parseDouble(label));
      }
    }
  }

  LabelReport report(String column) {
    boolean ordered = numbers && (ordinal || fractions || counts.size() > CLASSES);
    Scores scores =
        !ordered || moments.size() == 0
            ? null
            : new Scores(
                moments.mean(),
                moments.standardDeviation(),
                moments.least(),
                moments.most(),
                moments.skewness());
    if (tooMany || fractions && ordered) {
      return new LabelReport(
          column, missing, counts.size(), List.of(), null, null, null, scores, List.of());
    }
    long all = counts.values().stream().mapToLong(Long::longValue).sum();
    List<LabelShare> shares =
        counts.entrySet().stream()
            .map(one -> new LabelShare(one.getKey(), one.getValue(), (double) one.getValue() / all))
            .sorted(Comparator.comparingLong(LabelShare::count).reversed())
            .toList();
    double entropy =
        shares.stream().mapToDouble(one -> -one.share() * Math.log(one.share())).sum()
            / Math.log(2);
    int classes = shares.size();
    return new LabelReport(
        column,
        missing,
        classes,
        shares.subList(0, Math.min(LISTED, classes)),
        classes == 0 ? null : Math.max(0, entropy),
        classes < 2 ? null : entropy / (Math.log(classes) / Math.log(2)),
        classes == 0 ? null : (double) shares.get(0).count() / shares.get(classes - 1).count(),
        scores,
        alike());
  }

  private List<Alike> alike() {
    List<Alike> pairs = new ArrayList<>();
    LabelText.alike(counts.keySet())
        .forEach(
            (label, other) ->
                pairs.add(new Alike(label, counts.get(label), other, counts.get(other))));
    return pairs;
  }
}
