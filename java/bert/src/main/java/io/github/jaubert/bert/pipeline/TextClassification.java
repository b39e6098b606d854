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
    return classifyAll(List.of(reader.of(text))).get(0);
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
   * @throws IllegalArgumentException as {@link #of(String, String)}
   * @throws CancellationException if the thread is interrupted meanwhile; its flag remains set
   */
  public List<List<LabelScore>> ofAll(List<String> texts, List<String> pairs) {
    requireOpen();
    if (pairs == null) {
      if (!texts.isEmpty()) {
        warnOfSingle();
      }
      return classifyAll(reader.ofAll(texts, done -> {}));
    }
    requireCut();
    return EncodingBatches.map(tokenizer().encodeAll(texts, pairs, done -> {}), this::classify);
  }

  /** Labels texts by the parts of each; of several, by the mean of their logits. */
  private List<List<LabelScore>> classifyAll(List<List<Encoding>> parts) {
    List<Encoding> all = parts.stream().flatMap(List::stream).toList();
    if (all.size() == parts.size()) {
      return EncodingBatches.map(all, this::classify);
    }
    List<float[]> rows = EncodingBatches.map(all, this::logits);
    int width = labels().size();
    float[] logits = new float[rows.size() * width];
    IntStream.range(0, rows.size())
        .forEach(row -> System.arraycopy(rows.get(row), 0, logits, row * width, width));
    int[] texts =
        IntStream.range(0, parts.size())
            .flatMap(text -> parts.get(text).stream().mapToInt(part -> text))
            .toArray();
    float[] means = WindowLogits.means(logits, texts, parts.size());
    try (Scope scope = Scope.open()) {
      return LabelScores.of(labels(), Tensor.of(means, parts.size(), width));
    }
  }

  private List<float[]> logits(List<Encoding> encodings) {
    try (NoGrad off = NoGrad.open();
        Scope scope = Scope.open()) {
      float[] logits = model().forward(TokenBatch.of(encodings)).toFloats();
      int width = labels().size();
      return IntStream.range(0, encodings.size())
          .mapToObj(i -> Arrays.copyOfRange(logits, i * width, (i + 1) * width))
          .toList();
    }
  }

  private List<List<LabelScore>> classify(List<Encoding> encodings) {
    try (NoGrad off = NoGrad.open();
        Scope scope = Scope.open()) {
      return LabelScores.of(labels(), model().forward(TokenBatch.of(encodings)));
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
