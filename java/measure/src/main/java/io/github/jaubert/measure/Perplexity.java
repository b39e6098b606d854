package io.github.jaubert.measure;

import io.github.jaubert.measure.PerplexityReport.Scored;
import io.github.jaubert.measure.bias.MaskedScorer;
import io.github.jaubert.measure.bias.PseudoPerplexity;
import io.github.jaubert.measure.bias.PseudoPerplexity.Score;
import io.github.jaubert.measure.similar.ReadText;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Draws texts as they come, and has a model judge them. */
final class Perplexity {
  private static final int LISTED = 20;

  private final MaskedScorer scorer;
  private final Reservoir<Item> texts;

  Perplexity(MaskedScorer scorer, int most, long seed) {
    this.scorer = scorer;
    texts = new Reservoir<>(most, seed);
  }

  /** A row may be drawn, if it has a text. */
  void add(Item item) {
    if (item.text() != null && !item.text().isBlank()) {
      texts.add(item);
    }
  }

  /** What came of it; null if no text has a token. */
  PerplexityReport report() {
    List<Item> drawn = texts.drawn();
    List<Score> scores = PseudoPerplexity.of(scorer, drawn.stream().map(Item::text).toList());
    List<Scored> all = new ArrayList<>();
    long tokens = 0;
    double sum = 0;
    for (int i = 0; i < drawn.size(); i++) {
      if (scores.get(i).tokens() > 0) {
        tokens += scores.get(i).tokens();
        sum += scores.get(i).logProbability();
        all.add(
            new Scored(
                ReadText.shown(drawn.get(i).text()), drawn.get(i).line(), scores.get(i).value()));
      }
    }
    if (all.isEmpty()) {
      return null;
    }
    all.sort(Comparator.comparingDouble(Scored::perplexity).thenComparing(Scored::line));
    double[] sorted = all.stream().mapToDouble(Scored::perplexity).toArray();
    double first = Math.log(quantile(sorted, 0.25));
    double third = Math.log(quantile(sorted, 0.75));
    double limit = Math.exp(third + 1.5 * (third - first));
    List<Scored> plainest = all.subList(0, Math.min(LISTED, all.size()));
    List<Scored> strangest =
        new ArrayList<>(all.subList(Math.max(0, all.size() - LISTED), all.size()));
    strangest.sort(Comparator.comparingDouble(Scored::perplexity).reversed());
    return new PerplexityReport(
        all.size(),
        Math.exp(-sum / tokens),
        quantile(sorted, 0.5),
        quantile(sorted, 0.9),
        limit,
        (int) all.stream().filter(one -> one.perplexity() > limit).count(),
        strangest,
        List.copyOf(plainest));
  }

  /** The least value that so many have no more than. */
  static double quantile(double[] sorted, double share) {
    int place = (int) Math.ceil(share * sorted.length - 1e-9) - 1;
    return sorted[Math.max(0, place)];
  }
}
