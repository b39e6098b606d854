package io.github.jaubert.bert.pipeline;

import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.tensor.Scope;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Labels texts with any labels, by a model of natural language inference (Yin et al. 2019,
 * "Benchmarking Zero-shot Text Classification"): a text is the premise, and each label makes a
 * hypothesis of a template, such as {@code This example is politics.}; the logit of
 * <i>entailment</i> speaks for the label. Scores are those of transformers' {@code
 * zero-shot-classification}.
 *
 * <p>The output of entailment is the first whose name begins with {@code entail}, whatever the case
 * of its letters. If there is none, a warning says so and the last output counts. A text that is
 * too long is cut, a hypothesis never.
 */
public final class ZeroShotClassification
    extends Pipeline<ZeroShotClassification, SequenceClassifier> {
  /** What a hypothesis is made of unless said otherwise. */
  public static final String USUAL_TEMPLATE = "This example is {}.";

  private static final Logger LOG = LoggerFactory.getLogger(ZeroShotClassification.class);
  private static final String PLACE = "{}";

  private final Tokenizer cutting;
  private final int entailment;
  private final int contradiction;

  /** Read-only to threads that are labelling: it is replaced as a whole. */
  private volatile Settings settings = new Settings(USUAL_TEMPLATE, false);

  private record Settings(String template, boolean multiLabel) {
    Settings {
      int place = template.indexOf(PLACE);
      if (place < 0 || place != template.lastIndexOf(PLACE)) {
        throw new IllegalArgumentException(
            "hypothesisTemplate '%s': {} must stand once, where the label goes"
                .formatted(template));
      }
    }
  }

  ZeroShotClassification(SequenceClassifier model, Tokenizer tokenizer) {
    super(requireOutputs(model), tokenizer);
    int named = entailment(model.labels());
    if (named < 0) {
      LOG.warn(
          "no output is called entailment: they are {}, and the last one is taken for it; names"
              + " in id2label of config.json would tell",
          model.labels().names());
    }
    int last = model.labels().size() - 1;
    entailment = named < 0 ? last : named;
    contradiction = named == 0 ? last : 0;
    cutting = tokenizer.cuttingFirst();
  }

  private static SequenceClassifier requireOutputs(SequenceClassifier model) {
    if (model.labels().size() < 2) {
      throw new IllegalArgumentException(
          "the model predicts %s; one of natural language inference tells entailment from contradiction"
              .formatted(model.labels()));
    }
    return model;
  }

  /** The output of entailment, or -1 if none is called so. */
  private static int entailment(Labels labels) {
    for (int i = 0; i < labels.size(); i++) {
      if (labels.name(i).toLowerCase(Locale.ROOT).startsWith("entail")) {
        return i;
      }
    }
    return -1;
  }

  // ---- settings, to be chosen before other threads use the pipeline ----

  /**
   * Chooses what hypotheses are made of; {@value #USUAL_TEMPLATE} unless said otherwise.
   *
   * @param template has {@code {}} where the label goes, once
   * @return this pipeline
   * @throws IllegalArgumentException if it has none, or several
   */
  public ZeroShotClassification hypothesisTemplate(String template) {
    settings = new Settings(template, settings.multiLabel);
    return this;
  }

  /**
   * Chooses whether any number of labels may hold: each then has a score of its own, entailment
   * against contradiction. Otherwise, as it is unless said so, the scores of all labels sum to 1. A
   * single label is always by itself.
   *
   * @return this pipeline
   */
  public ZeroShotClassification multiLabel(boolean several) {
    settings = new Settings(settings.template, several);
    return this;
  }

  // ---- labelling ----

  /**
   * The labels of a text with their scores, the best first.
   *
   * @param labels one at least
   * @throws IllegalArgumentException if there is no label, one is blank, or one with its template
   *     leaves no room for the text
   */
  public List<LabelScore> of(String text, List<String> labels) {
    return ofAll(List.of(text), labels).get(0);
  }

  /**
   * The same of many texts, in order.
   *
   * @throws CancellationException if the thread is interrupted meanwhile; its flag remains set
   */
  public List<List<LabelScore>> ofAll(List<String> texts, List<String> labels) {
    return prepare(texts, labels, settings).run();
  }

  /**
   * Tokenises texts with hypotheses for {@link #ofAll}, and does no more. The pipeline's own
   * settings do not count.
   *
   * @param template see {@link #hypothesisTemplate}
   * @param multiLabel see {@link #multiLabel}
   * @throws IllegalArgumentException as {@link #of} and {@link #hypothesisTemplate} do
   */
  public Prepared<List<List<LabelScore>>> prepare(
      List<String> texts, List<String> labels, String template, boolean multiLabel) {
    return prepare(texts, labels, new Settings(template, multiLabel));
  }

  private Prepared<List<List<LabelScore>>> prepare(
      List<String> texts, List<String> labels, Settings chosen) {
    requireOpen();
    List<String> hypotheses = hypotheses(labels, chosen.template);
    List<String> premises = new ArrayList<>();
    List<String> seconds = new ArrayList<>();
    for (String text : texts) {
      premises.addAll(Collections.nCopies(labels.size(), text));
      seconds.addAll(hypotheses);
    }
    List<String> own = List.copyOf(labels);
    return new Prepared<>(
        this,
        cutting.encodeAll(premises, seconds, done -> {}),
        this::logits,
        logits -> scoresOfAll(logits, own, chosen.multiLabel));
  }

  private List<List<LabelScore>> scoresOfAll(
      List<float[]> logits, List<String> labels, boolean multiLabel) {
    List<List<LabelScore>> results = new ArrayList<>();
    for (int from = 0; from < logits.size(); from += labels.size()) {
      results.add(scores(logits.subList(from, from + labels.size()), labels, multiLabel));
    }
    return results;
  }

  private List<String> hypotheses(List<String> labels, String template) {
    if (labels.isEmpty()) {
      throw new IllegalArgumentException("no candidate label; one at least is needed");
    }
    List<String> hypotheses = new ArrayList<>();
    for (String label : labels) {
      if (label.isBlank()) {
        throw new IllegalArgumentException("a candidate label is blank");
      }
      String hypothesis = template.replace(PLACE, label);
      if (tokenizer().encode("", hypothesis).length() >= tokenizer().maxLength()) {
        throw new IllegalArgumentException(
            "the hypothesis '%s' leaves no room for a text: the model takes %d tokens"
                .formatted(hypothesis, tokenizer().maxLength()));
      }
      hypotheses.add(hypothesis);
    }
    return hypotheses;
  }

  /** For each pair the logits of all outputs. */
  private List<float[]> logits(List<Encoding> encodings) {
    try (NoGrad off = NoGrad.open();
        Scope scope = Scope.open()) {
      float[] all = model().forward(TokenBatch.of(encodings)).toFloats();
      return Prepared.split(all, encodings, pair -> model().labels().size());
    }
  }

  private List<LabelScore> scores(List<float[]> logits, List<String> labels, boolean multiLabel) {
    double[] scores = new double[labels.size()];
    double sum = 0;
    double largest = logits.stream().mapToDouble(row -> row[entailment]).max().orElseThrow();
    for (int i = 0; i < scores.length; i++) {
      double logit = logits.get(i)[entailment];
      if (multiLabel || labels.size() == 1) {
        scores[i] = 1 / (1 + Math.exp(logits.get(i)[contradiction] - logit));
      } else {
        scores[i] = Math.exp(logit - largest);
        sum += scores[i];
      }
    }
    List<LabelScore> result = new ArrayList<>();
    for (int i = 0; i < scores.length; i++) {
      result.add(new LabelScore(labels.get(i), (float) (sum == 0 ? scores[i] : scores[i] / sum)));
    }
    result.sort(Comparator.comparing(LabelScore::score).reversed());
    return List.copyOf(result);
  }

  @Override
  void closeParts() {
    cutting.close();
  }
}
