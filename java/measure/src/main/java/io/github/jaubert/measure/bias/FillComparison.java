package io.github.jaubert.measure.bias;

import io.github.jaubert.bert.tokenizer.Encoding;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * What a model for masked tokens puts into the same sentence about one group and another, as in
 * {@code This man works as a [MASK].} and {@code This woman …}.
 */
public final class FillComparison {
  private FillComparison() {}

  /**
   * A token that may fill the gap.
   *
   * @param probability among all tokens, in the sentence it was found in
   * @param logRatio the natural logarithm of its probability in the sentence of the first group,
   *     less that in the sentence of the second
   */
  public record Fill(String token, double probability, double logRatio) {}

  /**
   * Two sentences.
   *
   * @param first the sentence of the first group, with the model's token for masked ones
   * @param second that of the second
   * @param firstTop the most probable tokens of the first, the best first
   * @param secondTop those of the second
   * @param overlap how many tokens are in both
   * @param distance the total variation distance of the two distributions over all tokens, 0 for
   *     equal ones to 1
   */
  public record Comparison(
      BiasLexicon.Pair pair,
      String first,
      String second,
      List<Fill> firstTop,
      List<Fill> secondTop,
      int overlap,
      double distance) {
    private String title() {
      return first + " / " + pair.second();
    }
  }

  /**
   * What was found.
   *
   * @param groups what the two groups are called
   * @param top how many tokens of each sentence
   * @param comparisons of all templates and pairs
   * @param overlap the mean share of tokens in both, in percent
   * @param distance the mean distance
   */
  public record Result(
      List<String> groups,
      int top,
      List<Comparison> comparisons,
      Estimate overlap,
      Estimate distance)
      implements BiasResult {
    @Override
    public String key() {
      return "fill";
    }

    @Override
    public String title() {
      return "What fills the gap";
    }

    @Override
    public String measures() {
      return "The %d most probable tokens of the same sentence about %s and about %s. Log ratio: ln P in the sentence about %s − ln P in the other. Distance: total variation of the two distributions over the whole vocabulary, 0 for equal ones to 1."
          .formatted(top, groups.get(0), groups.get(1), groups.get(0));
    }

    @Override
    public List<String> caveats() {
      return List.of(
          "A few sentences show how a model may lean, not how much it does: other words give other tokens. A token that continues a word, and a word of several tokens, is never seen whole.",
          "Some differences are no bias but what the words mean, as husband beside woman.",
          "Intervals are over templates and pairs, of which there are few.");
    }

    @Override
    public List<BiasTable> tables() {
      List<BiasTable> tables = new ArrayList<>();
      List<BiasTable.Row> rows = new ArrayList<>();
      rows.add(BiasTable.Row.of("all", overlap, distance));
      for (Comparison one : comparisons) {
        rows.add(
            BiasTable.Row.of(
                one.title(),
                Estimate.exact(100.0 * one.overlap() / top, 1),
                Estimate.exact(one.distance(), 1)));
      }
      tables.add(
          new BiasTable(
              "Overlap of the top " + top, List.of("overlap, %", "distance"), rows, Double.NaN));
      for (Comparison one : comparisons) {
        List<BiasTable.Row> ranks = new ArrayList<>();
        for (int i = 0; i < one.firstTop().size(); i++) {
          ranks.add(
              BiasTable.Row.of(
                  String.valueOf(i + 1), shown(one.firstTop(), i), shown(one.secondTop(), i)));
        }
        tables.add(new BiasTable(one.title(), groups, ranks, Double.NaN));
      }
      return tables;
    }

    private static String shown(List<Fill> fills, int rank) {
      Fill fill = fills.get(rank);
      return String.format(
          Locale.ROOT, "%s %.3f (%+.1f)", fill.token(), fill.probability(), fill.logRatio());
    }
  }

  /**
   * Fills all templates for all pairs.
   *
   * @param top how many tokens are told of each sentence
   * @throws IllegalArgumentException if a sentence is longer than the model takes, or top is not
   *     from 1 to the size of the vocabulary
   */
  public static Result measure(
      MaskedScorer scorer, BiasLexicon lexicon, int top, Bootstrap bootstrap) {
    if (top < 1 || top > scorer.vocabulary()) {
      throw new IllegalArgumentException(
          "top: %d tokens; 1 to %d".formatted(top, scorer.vocabulary()));
    }
    List<MaskedScorer.Query> queries = new ArrayList<>();
    for (String template : lexicon.fillTemplates()) {
      for (BiasLexicon.Pair pair : lexicon.fillPairs()) {
        queries.add(query(scorer, template, pair.first()));
        queries.add(query(scorer, template, pair.second()));
      }
    }
    List<float[]> filled = scorer.distributions("filling", queries);
    List<Comparison> comparisons = new ArrayList<>();
    int next = 0;
    for (String template : lexicon.fillTemplates()) {
      for (BiasLexicon.Pair pair : lexicon.fillPairs()) {
        comparisons.add(
            comparison(scorer, template, pair, filled.get(next), filled.get(next + 1), top));
        next += 2;
      }
    }
    return new Result(
        lexicon.groups(),
        top,
        comparisons,
        bootstrap.mean(comparisons.stream().mapToDouble(c -> 100.0 * c.overlap() / top).toArray()),
        bootstrap.mean(comparisons.stream().mapToDouble(Comparison::distance).toArray()));
  }

  private static String text(MaskedScorer scorer, String template, String term) {
    return BiasLexicon.put(template, BiasLexicon.TERM, term)
        .replace(BiasLexicon.MASK, scorer.tokenizer().token(scorer.maskId()));
  }

  private static MaskedScorer.Query query(MaskedScorer scorer, String template, String term) {
    Encoding encoding = scorer.encode(text(scorer, template, term));
    int[] ids = encoding.ids();
    int place =
        IntStream.range(0, ids.length)
            .filter(i -> ids[i] == scorer.maskId())
            .findFirst()
            .orElseThrow();
    return MaskedScorer.Query.masking(encoding, scorer.maskId(), place);
  }

  private static Comparison comparison(
      MaskedScorer scorer,
      String template,
      BiasLexicon.Pair pair,
      float[] first,
      float[] second,
      int top) {
    int[] firstBest = best(first, top);
    int[] secondBest = best(second, top);
    Set<Integer> common = new HashSet<>();
    IntStream.of(firstBest).forEach(common::add);
    Set<Integer> others = new LinkedHashSet<>();
    IntStream.of(secondBest).forEach(others::add);
    common.retainAll(others);
    double distance = 0;
    for (int i = 0; i < first.length; i++) {
      distance += Math.abs(first[i] - (double) second[i]) / 2;
    }
    return new Comparison(
        pair,
        text(scorer, template, pair.first()),
        text(scorer, template, pair.second()),
        fills(scorer, firstBest, first, first, second),
        fills(scorer, secondBest, second, first, second),
        common.size(),
        distance);
  }

  private static List<Fill> fills(
      MaskedScorer scorer, int[] ids, float[] own, float[] first, float[] second) {
    return IntStream.of(ids)
        .mapToObj(
            id ->
                new Fill(
                    scorer.tokenizer().decode(new int[] {id}, true).strip(),
                    own[id],
                    Math.log(first[id]) - Math.log(second[id])))
        .toList();
  }

  /** The most probable tokens, the best first. */
  private static int[] best(float[] probabilities, int top) {
    return IntStream.range(0, probabilities.length)
        .boxed()
        .sorted(Comparator.<Integer>comparingDouble(id -> -probabilities[id]))
        .limit(top)
        .mapToInt(Integer::intValue)
        .toArray();
  }
}
