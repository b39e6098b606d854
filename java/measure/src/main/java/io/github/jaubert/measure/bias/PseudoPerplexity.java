package io.github.jaubert.measure.bias;

import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.measure.bias.MaskedScorer.Query;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;

/**
 * How surprising texts are to a model for masked tokens (Salazar et al. 2020): exp of the mean of
 * -ln p of each token, each masked by itself with all others shown. A text of n tokens costs n
 * passes.
 */
public final class PseudoPerplexity {
  private PseudoPerplexity() {}

  /**
   * A text's.
   *
   * @param tokens how many tokens the text has, or as many as the model takes of a longer one
   * @param logProbability the sum of their natural logarithms
   */
  public record Score(int tokens, double logProbability) {
    /** The pseudo-perplexity; NaN of a text without tokens. */
    public double value() {
      return Math.exp(-logProbability / tokens);
    }
  }

  /**
   * The pseudo-perplexities of texts, in order.
   *
   * @throws CancellationException if the thread is interrupted between two batches; its flag
   *     remains set
   */
  public static List<Score> of(MaskedScorer scorer, List<String> texts) {
    List<Query> queries = new ArrayList<>();
    int[] tokens = new int[texts.size()];
    for (int i = 0; i < tokens.length; i++) {
      Encoding encoding = scorer.tokenizer().encode(texts.get(i));
      int[] places = MaskedScorer.textPlaces(encoding);
      tokens[i] = places.length;
      for (int place : places) {
        queries.add(Query.masking(encoding, scorer.maskId(), place));
      }
    }
    List<double[]> found = scorer.score("pseudo-perplexity", queries);
    List<Score> scores = new ArrayList<>();
    int from = 0;
    for (int count : tokens) {
      double sum = found.subList(from, from + count).stream().flatMapToDouble(Arrays::stream).sum();
      scores.add(new Score(count, sum));
      from += count;
    }
    return scores;
  }
}
