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
    return prepare(query, passages).run();
  }

  /** Tokenises a query with its passages for {@link #rerank}, and does no more. */
  public Prepared<List<RankedPassage>> prepare(String query, List<String> passages) {
    requireOpen();
    List<String> queries = Collections.nCopies(passages.size(), query);
    return new Prepared<>(
        this,
        tokenizer().encodeAll(queries, passages, done -> {}),
        this::logits,
        logits -> ranked(scores(logits)));
  }

  private static List<RankedPassage> ranked(List<Float> scores) {
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
    List<Encoding> encodings = tokenizer().encodeAll(queries, passages, done -> {});
    return new Prepared<>(this, encodings, this::logits, this::scores).run();
  }

  private List<Float> scores(List<float[]> logits) {
    return logits.stream().map(logit -> activation.of(logit[0])).toList();
  }

  private List<float[]> logits(List<Encoding> batch) {
    try (NoGrad off = NoGrad.open();
        Scope scope = Scope.open()) {
      float[] all = model().forward(TokenBatch.of(batch)).toFloats();
      return Prepared.split(all, batch, pair -> 1);
    }
  }
}
