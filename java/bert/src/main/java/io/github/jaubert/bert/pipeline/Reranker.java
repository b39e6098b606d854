package io.github.jaubert.bert.pipeline;

import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.bert.ScoreActivation;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.tensor.Scope;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CancellationException;

/**
 * Puts passages in the order in which they answer a query, as {@code CrossEncoder.rank} of
 * sentence-transformers does: a cross-encoder reads the query with each of them (Nogueira and Cho
 * 2019, "Passage Re-ranking with BERT").
 */
public final class Reranker extends Pipeline<Reranker, SequenceClassifier> {
  private final ScoreActivation activation;

  Reranker(SequenceClassifier model, Tokenizer tokenizer) {
    super(requireScore(model), tokenizer);
    activation = model.scoreActivation();
  }

  private static SequenceClassifier requireScore(SequenceClassifier model) {
    if (model.labels().size() != 1) {
      throw new IllegalArgumentException(
          "a model with %d outputs, %s: a reranker has one, the score"
              .formatted(model.labels().size(), model.labels()));
    }
    return model;
  }

  /**
   * The passages, the best first; of equal scores, that which was given first.
   *
   * @throws CancellationException if the thread is interrupted meanwhile; its flag remains set
   */
  public List<RankedPassage> rerank(String query, List<String> passages) {
    List<Float> scores = scores(Collections.nCopies(passages.size(), query), passages);
    List<RankedPassage> ranked = new ArrayList<>();
    for (int i = 0; i < scores.size(); i++) {
      ranked.add(new RankedPassage(i, scores.get(i)));
    }
    ranked.sort(Comparator.comparing(RankedPassage::score).reversed());
    return List.copyOf(ranked);
  }

  /** How well a passage answers a query. */
  public float score(String query, String passage) {
    return scores(List.of(query), List.of(passage)).get(0);
  }

  /**
   * How well each passage answers its query, in order, as {@code CrossEncoder.predict} does.
   *
   * @throws IllegalArgumentException if there are not as many passages as queries
   * @throws CancellationException if the thread is interrupted meanwhile; its flag remains set
   */
  public List<Float> scores(List<String> queries, List<String> passages) {
    requireOpen();
    return EncodingBatches.map(
        tokenizer().encodeAll(queries, passages, done -> {}), this::scoresOf);
  }

  private List<Float> scoresOf(List<Encoding> encodings) {
    try (NoGrad off = NoGrad.open();
        Scope scope = Scope.open()) {
      List<Float> scores = new ArrayList<>();
      for (float logit : model().forward(TokenBatch.of(encodings)).toFloats()) {
        scores.add(activation.of(logit));
      }
      return scores;
    }
  }
}
