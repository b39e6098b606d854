package io.github.jaubert.measure;

import io.github.jaubert.measure.ZipfReport.Rank;
import io.github.jaubert.measure.statistics.PowerLaw;
import io.github.jaubert.measure.statistics.WordCounts.Counted;
import java.util.ArrayList;
import java.util.List;

/** Fits Zipf's law to the counts of words. */
final class ZipfFit {
  /** Right to about 0.05. */
  private static final int ROUNDS = 100;

  private static final double STEP = 1.15;

  private ZipfFit() {}

  /** The report, or null if there are too few words. */
  static ZipfReport of(List<Counted> sorted, long seed) {
    long[] counts = sorted.stream().mapToLong(Counted::count).toArray();
    PowerLaw law = PowerLaw.fit(counts);
    if (law == null) {
      return null;
    }
    return new ZipfReport(
        law.alpha(),
        1 / (law.alpha() - 1),
        law.xmin(),
        law.tail(),
        law.distance(),
        law.plausibility(counts, ROUNDS, seed),
        ROUNDS,
        ranks(counts));
  }

  private static List<Rank> ranks(long[] counts) {
    List<Rank> ranks = new ArrayList<>();
    for (double rank = 1; rank <= counts.length; rank = Math.max(rank + 1, rank * STEP)) {
      ranks.add(new Rank((long) rank, counts[(int) rank - 1]));
    }
    return ranks;
  }
}
