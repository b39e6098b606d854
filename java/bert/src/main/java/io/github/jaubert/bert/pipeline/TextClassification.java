package io.github.jaubert.bert.pipeline;

import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.ProblemType;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.Thresholds;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.WindowLogits;
import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.bert.tokenizer.LongTextReader;
import io.github.jaubert.bert.tokenizer.LongTextStrategy;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Labels texts, or pairs of texts. With one label of several the scores are the probabilities of
 * all labels and sum to 1, with any number of labels each has a probability of its own; both are
 * sorted, the most probable first. A model that predicts a score gives the number.
 *
 * <p>Single texts that are too long are read as {@link SequenceClassifier#longTexts} says; of
 * several windows the mean of their logits counts.
 */
public final class TextClassification extends Pipeline<TextClassification, SequenceClassifier> {
  private static final Logger LOG = LoggerFactory.getLogger(TextClassification.class);

  private final AtomicBoolean warned = new AtomicBoolean();
  private final LongTextReader reader;

  TextClassification(SequenceClassifier model, Tokenizer tokenizer) {
    super(model, tokenizer);
    reader = new LongTextReader(tokenizer, model.longTexts());
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
    return prepared(List.of(reader.of(text))).run().get(0);
  }

  /**
   * Labels a pair of texts.
   *
   * @throws IllegalArgumentException if the model {@linkplain SequenceClassifier#longTexts reads}
   *     long texts otherwise than cut, which is for single ones
   */
  public List<LabelScore> of(String text, String pair) {
    requireOpen();
    requireCut();
    return prepared(List.of(List.of(tokenizer().encode(text, pair)))).run().get(0);
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
   * @throws IllegalArgumentException as {@link #of(String, String)}
   * @throws CancellationException if the thread is interrupted meanwhile; its flag remains set
   */
  public List<List<LabelScore>> ofAll(List<String> texts, List<String> pairs) {
    return prepare(texts, pairs).run();
  }

  /**
   * Tokenises texts, or pairs of texts, for {@link #ofAll(List, List)}, and does no more.
   *
   * @param pairs the second texts, or null if there are none
   */
  public Prepared<List<List<LabelScore>>> prepare(List<String> texts, List<String> pairs) {
    requireOpen();
    if (pairs == null) {
      if (!texts.isEmpty()) {
        warnOfSingle();
      }
      return prepared(reader.ofAll(texts, done -> {}));
    }
    requireCut();
    return prepared(
        tokenizer().encodeAll(texts, pairs, done -> {}).stream().map(List::of).toList());
  }

  /**
   * Texts as tokens.
   *
   * @param parts of each text, one or more
   */
  private Prepared<List<List<LabelScore>>> prepared(List<List<Encoding>> parts) {
    int[] texts =
        IntStream.range(0, parts.size())
            .flatMap(text -> parts.get(text).stream().mapToInt(part -> text))
            .toArray();
    return new Prepared<>(
        this,
        parts.stream().flatMap(List::stream).toList(),
        this::logits,
        logits -> scores(logits, texts, parts.size()));
  }

  private List<float[]> logits(List<Encoding> batch) {
    try (NoGrad off = NoGrad.open();
        Scope scope = Scope.open()) {
      float[] all = model().forward(TokenBatch.of(batch)).toFloats();
      return Prepared.split(all, batch, text -> labels().size());
    }
  }

  /** Of a text in several parts the mean of their logits counts. */
  private List<List<LabelScore>> scores(List<float[]> rows, int[] texts, int count) {
    if (count == 0) {
      return List.of();
    }
    int width = labels().size();
    float[] logits = new float[rows.size() * width];
    for (int row = 0; row < rows.size(); row++) {
      System.arraycopy(rows.get(row), 0, logits, row * width, width);
    }
    float[] means = WindowLogits.means(logits, texts, count);
    try (Scope scope = Scope.open()) {
      float[] all = LabelScores.of(labels(), Tensor.of(means, count, width));
      return LabelScores.sorted(
          labels(),
          IntStream.range(0, count)
              .mapToObj(text -> Arrays.copyOfRange(all, text * width, (text + 1) * width))
              .toList());
    }
  }

  private void requireCut() {
    if (reader.strategy().kind() != LongTextStrategy.Kind.CUT) {
      throw new IllegalArgumentException(
          "a pair of texts: the model reads long texts by %s, which is for single ones"
              .formatted(reader.strategy()));
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
