package io.github.jaubert.bert.pipeline;

import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.ProblemType;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.Thresholds;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.tensor.Scope;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Labels texts, or pairs of texts. With one label of several the scores are the probabilities of
 * all labels and sum to 1, with any number of labels each has a probability of its own; both are
 * sorted, the most probable first. A model that predicts a score gives the number.
 */
public final class TextClassification extends Pipeline<TextClassification, SequenceClassifier> {
  private static final Logger LOG = LoggerFactory.getLogger(TextClassification.class);

  private final AtomicBoolean warned = new AtomicBoolean();

  TextClassification(SequenceClassifier model, Tokenizer tokenizer) {
    super(model, tokenizer);
  }

  /** The labels that can come out. */
  public Labels labels() {
    return model().labels();
  }

  /** From which probabilities on labels hold, see {@link #holding}. */
  public Thresholds thresholds() {
    return model().thresholds();
  }

  /**
   * The labels that hold, by the model's {@linkplain SequenceClassifier#thresholds thresholds}: one
   * of several, or any number; of a model that predicts a score, the score.
   *
   * @param scores of all labels, as {@link #of} gives them
   */
  public List<LabelScore> holding(List<LabelScore> scores) {
    if (labels().problemType() == ProblemType.REGRESSION) {
      return scores;
    }
    float[] probabilities = new float[labels().size()];
    scores.forEach(score -> probabilities[labels().indexOf(score.label())] = score.score());
    boolean[] holds = thresholds().decide(probabilities);
    return scores.stream().filter(score -> holds[labels().indexOf(score.label())]).toList();
  }

  /** Labels a text. Of a model of pairs, the log says once that it lacks the second text. */
  public List<LabelScore> of(String text) {
    requireOpen();
    warnOfSingle();
    return classify(List.of(tokenizer().encode(text))).get(0);
  }

  /** Labels a pair of texts. */
  public List<LabelScore> of(String text, String pair) {
    requireOpen();
    return classify(List.of(tokenizer().encode(text, pair))).get(0);
  }

  /**
   * Labels texts, in order.
   *
   * @throws CancellationException if the thread is interrupted meanwhile; its flag remains set
   */
  public List<List<LabelScore>> ofAll(List<String> texts) {
    return ofAll(texts, null);
  }

  /**
   * Labels pairs of texts, in order.
   *
   * @param pairs the second texts, or null if there are none
   * @throws CancellationException if the thread is interrupted meanwhile; its flag remains set
   */
  public List<List<LabelScore>> ofAll(List<String> texts, List<String> pairs) {
    requireOpen();
    if (pairs == null && !texts.isEmpty()) {
      warnOfSingle();
    }
    return EncodingBatches.map(tokenizer().encodeAll(texts, pairs, done -> {}), this::classify);
  }

  private List<List<LabelScore>> classify(List<Encoding> encodings) {
    try (NoGrad off = NoGrad.open();
        Scope scope = Scope.open()) {
      return LabelScores.of(labels(), model().forward(TokenBatch.of(encodings)));
    }
  }

  private void warnOfSingle() {
    if (model().trainedOnPairs() && warned.compareAndSet(false, true)) {
      LOG.warn(
          "the model was trained on pairs of texts, and is given single ones: its answers mean"
              + " little; of(text, pair) takes both");
    }
  }
}
