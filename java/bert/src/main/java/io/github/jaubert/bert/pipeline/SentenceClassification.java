package io.github.jaubert.bert.pipeline;

import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.SentenceClassifier;
import io.github.jaubert.bert.SentenceEncoder;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.tensor.Scope;
import java.util.List;
import java.util.concurrent.CancellationException;

/** Labels texts by a classifier of their vectors, such as SetFit trains. */
public final class SentenceClassification
    extends Pipeline<SentenceClassification, SentenceEncoder> {
  private final SentenceClassifier classifier;

  SentenceClassification(SentenceClassifier classifier, Tokenizer tokenizer) {
    super(classifier.encoder(), tokenizer);
    this.classifier = classifier;
  }

  /** The labels that can come out. */
  public Labels labels() {
    return classifier.labels();
  }

  /** The probabilities of all labels of a text, the most probable first. */
  public List<LabelScore> of(String text) {
    return ofAll(List.of(text)).get(0);
  }

  /**
   * The same of texts, in order.
   *
   * @throws CancellationException if the thread is interrupted meanwhile; its flag remains set
   */
  public List<List<LabelScore>> ofAll(List<String> texts) {
    return prepare(texts).run();
  }

  /** Tokenises texts for {@link #ofAll}, and does no more. */
  public Prepared<List<List<LabelScore>>> prepare(List<String> texts) {
    requireOpen();
    return new Prepared<>(
        this,
        tokenizer().encodeAll(texts),
        this::scores,
        rows -> LabelScores.sorted(labels(), rows));
  }

  private List<float[]> scores(List<Encoding> batch) {
    try (NoGrad off = NoGrad.open();
        Scope scope = Scope.open()) {
      float[] all = LabelScores.of(labels(), classifier.forward(TokenBatch.of(batch)));
      return Prepared.split(all, batch, text -> labels().size());
    }
  }
}
