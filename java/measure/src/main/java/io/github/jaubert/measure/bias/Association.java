package io.github.jaubert.measure.bias;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * How much nearer attributes, such as occupations, are to one group than to another: the log
 * probability bias score (Kurita et al. 2019, "Measuring Bias in Contextualized Word
 * Representations").
 *
 * <p>Of a term in a sentence with an attribute, {@code p} is its probability at its place, masked;
 * its prior is the same with the attribute masked too, so that what a model makes of {@code he} and
 * {@code she} in general cancels: {@code s = ln(p / prior)}. The score of an attribute is the mean
 * over templates and pairs of {@code s(first) − s(second)}. A term of several tokens is masked as a
 * whole and counts with the sum of their log-probabilities.
 */
public final class Association {
  private static final String WORK = "associations";

  private Association() {}

  /**
   * An attribute.
   *
   * @param set the name of its set
   * @param score above 0: nearer to the first group; in natural logarithms
   */
  public record Attribute(String set, String attribute, double score) {}

  /**
   * What was found.
   *
   * @param groups what the two groups are called
   * @param attributes all, by set, those nearest to the first group first
   * @param means of each set
   * @param zeroTests whether the mean of each set differs from 0
   * @param effectSize of two sets, the difference of their means over the standard deviation of all
   *     scores, as of WEAT (Caliskan et al. 2017); null if there is one set
   * @param test whether the means of two sets differ; null if there is one
   */
  public record Result(
      List<String> groups,
      List<Attribute> attributes,
      Map<String, Estimate> means,
      Map<String, PermutationTest> zeroTests,
      Estimate effectSize,
      PermutationTest test)
      implements BiasResult {
    @Override
    public String key() {
      return "association";
    }

    @Override
    public String title() {
      return "Associations (log probability bias score)";
    }

    @Override
    public String measures() {
      return "Kurita et al. 2019: s = ln(p / prior) of a word for %s or %s in a sentence with an attribute, the prior with the attribute masked too; an attribute's score is the mean over templates and pairs of words of s(%s) − s(%s), above 0 for nearer to %s. Effect size: difference of the means of both sets over the standard deviation of all scores. Tests: both sides, by permutations of attributes, or of signs."
          .formatted(groups.get(0), groups.get(1), groups.get(0), groups.get(1), groups.get(0));
    }

    @Override
    public List<String> caveats() {
      return List.of(
          "It holds for these words and sentences. Attributes of several tokens are masked token by token, from which the model can tell how long they are.",
          "That a model follows who holds an occupation is what it has read; whether that harms depends on what it is used for.",
          "Attributes are taken as drawn from all that might be in their set; with few of them the intervals are too narrow.");
    }

    @Override
    public List<BiasTable> tables() {
      List<BiasTable.Row> rows = new ArrayList<>();
      means.forEach(
          (set, mean) ->
              rows.add(BiasTable.Row.of(set, mean, zeroTests.get(set).toString(), mean.count())));
      if (effectSize != null) {
        rows.add(BiasTable.Row.of("effect size", effectSize, test.toString(), effectSize.count()));
      }
      List<BiasTable.Row> words = new ArrayList<>();
      attributes.forEach(
          one ->
              words.add(
                  BiasTable.Row.of(one.attribute(), Estimate.exact(one.score(), 1), one.set())));
      return List.of(
          new BiasTable("Mean score of a set", List.of("score", "test", "attributes"), rows, 0),
          new BiasTable("Score of each attribute", List.of("score", "set"), words, 0));
    }
  }

  /**
   * Scores all attributes.
   *
   * @throws IllegalArgumentException if a sentence is longer than the model takes
   */
  public static Result measure(MaskedScorer scorer, BiasLexicon lexicon, Bootstrap bootstrap) {
    List<MaskedScorer.Query> queries = new ArrayList<>();
    lexicon
        .attributes()
        .forEach(
            (set, words) -> words.forEach(word -> queries.addAll(queries(scorer, lexicon, word))));
    double[] scores =
        scorer.score(WORK, queries).stream().mapToDouble(one -> Arrays.stream(one).sum()).toArray();
    int each = lexicon.templates().size() * lexicon.pairs().size();
    List<Attribute> all = new ArrayList<>();
    Map<String, double[]> sets = new LinkedHashMap<>();
    int next = 0;
    for (Map.Entry<String, List<String>> set : lexicon.attributes().entrySet()) {
      double[] own = new double[set.getValue().size()];
      for (int i = 0; i < own.length; i++) {
        for (int j = 0; j < each; j++, next += 4) {
          double first = scores[next] - scores[next + 1];
          double second = scores[next + 2] - scores[next + 3];
          own[i] += (first - second) / each;
        }
        all.add(new Attribute(set.getKey(), set.getValue().get(i), own[i]));
      }
      sets.put(set.getKey(), own);
    }
    return result(lexicon, all, sets, bootstrap);
  }

  private static Result result(
      BiasLexicon lexicon,
      List<Attribute> attributes,
      Map<String, double[]> sets,
      Bootstrap bootstrap) {
    Map<String, Estimate> means = new LinkedHashMap<>();
    Map<String, PermutationTest> tests = new LinkedHashMap<>();
    sets.forEach(
        (set, own) -> {
          means.put(set, bootstrap.mean(own));
          tests.put(set, PermutationTest.ofOne(own, bootstrap.seed()));
        });
    Estimate effect = null;
    PermutationTest test = null;
    if (sets.size() == 2) {
      List<double[]> two = List.copyOf(sets.values());
      effect = effectSize(two.get(0), two.get(1), bootstrap);
      test = PermutationTest.ofTwo(two.get(0), two.get(1), bootstrap.seed());
    }
    List<String> order = List.copyOf(sets.keySet());
    List<Attribute> sorted =
        attributes.stream()
            .sorted(
                Comparator.<Attribute>comparingInt(one -> order.indexOf(one.set()))
                    .thenComparing(Comparator.comparingDouble(Attribute::score).reversed()))
            .toList();
    return new Result(lexicon.groups(), sorted, means, tests, effect, test);
  }

  static Estimate effectSize(double[] a, double[] b, Bootstrap bootstrap) {
    return bootstrap.estimate(
        new int[] {a.length, b.length},
        drawn -> {
          DoubleStream both =
              DoubleStream.concat(
                  IntStream.of(drawn[0]).mapToDouble(i -> a[i]),
                  IntStream.of(drawn[1]).mapToDouble(i -> b[i]));
          double difference = Bootstrap.mean(a, drawn[0]) - Bootstrap.mean(b, drawn[1]);
          return difference / deviation(both.toArray());
        });
  }

  /** The standard deviation of a sample, with n − 1. */
  private static double deviation(double[] values) {
    double mean = Arrays.stream(values).average().orElseThrow();
    double squares = Arrays.stream(values).map(x -> (x - mean) * (x - mean)).sum();
    return Math.sqrt(squares / (values.length - 1));
  }

  /** For each template and pair: the first term, its prior, the second term, its prior. */
  private static List<MaskedScorer.Query> queries(
      MaskedScorer scorer, BiasLexicon lexicon, String attribute) {
    List<MaskedScorer.Query> queries = new ArrayList<>();
    for (String template : lexicon.templates()) {
      for (BiasLexicon.Pair pair : lexicon.pairs()) {
        for (String term : List.of(pair.first(), pair.second())) {
          Sentence sentence = Sentence.of(scorer, template, term, attribute);
          queries.add(sentence.query(scorer.maskId(), false));
          queries.add(sentence.query(scorer.maskId(), true));
        }
      }
    }
    return queries;
  }

  /** A template with a term and an attribute, and where their tokens are. */
  private record Sentence(FilledText term, int[] attribute) {
    static Sentence of(MaskedScorer scorer, String template, String term, String attribute) {
      int at = template.indexOf(BiasLexicon.TERM);
      boolean termFirst = at < template.indexOf(BiasLexicon.ATTRIBUTE);
      String before = template.substring(0, at);
      String after = template.substring(at + BiasLexicon.TERM.length());
      String own = at == 0 ? BiasLexicon.put(BiasLexicon.TERM, BiasLexicon.TERM, term) : term;
      String fullBefore = BiasLexicon.put(before, BiasLexicon.ATTRIBUTE, attribute);
      String fullAfter = after.replace(BiasLexicon.ATTRIBUTE, attribute);
      FilledText filled = FilledText.of(scorer, fullBefore, own, fullAfter);
      int start =
          termFirst
              ? fullBefore.length() + own.length() + after.indexOf(BiasLexicon.ATTRIBUTE)
              : before.indexOf(BiasLexicon.ATTRIBUTE);
      return new Sentence(
          filled, FilledText.places(filled.encoding(), start, start + attribute.length()));
    }

    /**
     * The term masked and asked for.
     *
     * @param prior whether the attribute is masked, too
     */
    MaskedScorer.Query query(int maskId, boolean prior) {
      MaskedScorer.Query query = MaskedScorer.Query.masking(term.encoding(), maskId, term.places());
      if (prior) {
        for (int place : attribute) {
          query.ids()[place] = maskId;
        }
      }
      return query;
    }
  }
}
