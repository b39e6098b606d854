package io.github.jaubert.train;

import io.github.jaubert.bert.EncoderConfig;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.ProblemType;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.nn.F;
import io.github.jaubert.tensor.Tensor;
import io.github.jaubert.train.data.EncodedDataset;
import io.github.jaubert.train.data.Targets;
import io.github.jaubert.train.data.TextDataset;
import io.github.jaubert.train.metrics.Metric;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whole texts, or pairs of them, and what a {@link SequenceClassifier} is to say of each: one label
 * of several, any number of labels, or a score.
 *
 * <pre>{@code
 * SequenceClassification.of(model, tokenizer)
 *     .train(TextDataset.tsv(train).text("sentence").label("label"))
 *     .evaluate(TextDataset.tsv(dev).text("sentence").label("label"), new Accuracy())
 * }</pre>
 *
 * <p>Also a metric about a label that the model does not have is refused when it is prepared, with
 * an {@link IllegalArgumentException}.
 */
public final class SequenceClassification
    extends ClassificationTask<SequenceClassification, SequenceClassifier, TextDataset> {
  private static final Logger LOG = LoggerFactory.getLogger(SequenceClassification.class);
  private static final int LISTED = 6;
  private static final String CLASS_WEIGHTS = "class_weights";

  private List<Metric> metrics = List.of();
  private float[] classWeights; // null: 1 each
  private String lossName = "standard";
  private LossFunction lossFunction; // null: what the labels ask for

  /** A loss of one's own. */
  @FunctionalInterface
  public interface LossFunction {
    /**
     * The loss of a batch.
     *
     * @param logits {@code [sequences, labels]}
     * @param labels as {@link SequenceClassifier#loss(Tensor, Tensor, float)} takes them
     * @param count what the sum over the sequences is divided by
     * @return a scalar
     */
    Tensor of(Tensor logits, Tensor labels, float count);
  }

  private SequenceClassification(SequenceClassifier model, Tokenizer tokenizer) {
    super(model, tokenizer);
  }

  /** The task of a model; texts are tokenised by {@code tokenizer}. */
  public static SequenceClassification of(SequenceClassifier model, Tokenizer tokenizer) {
    return new SequenceClassification(model, tokenizer);
  }

  // ---- what is learnt ----

  /**
   * The data to be judged by; the first metric decides which evaluation is the best, or the loss if
   * there is none.
   */
  public SequenceClassification evaluate(TextDataset data, Metric... metrics) {
    this.metrics = List.of(metrics);
    return judgeBy(data);
  }

  // ---- loss ----

  /**
   * How much an example counts by its label, such as more for rare ones; 1 each unless said
   * otherwise. The loss is the weighted mean. For one label of several.
   *
   * @param weights in order of the labels, from 0, finite
   */
  public SequenceClassification classWeights(float... weights) {
    requireClasses("classWeights");
    require(
        weights.length == model().labels().size(),
        "classWeights: %d for %d labels".formatted(weights.length, model().labels().size()));
    for (float weight : weights) {
      require(weight >= 0 && weight < Float.POSITIVE_INFINITY, "classWeights: " + weight);
    }
    classWeights = weights.clone();
    return this;
  }

  /**
   * Another loss than the one that the labels ask for.
   *
   * @param name tells a run with this loss apart from others
   */
  public SequenceClassification loss(String name, LossFunction loss) {
    lossName = Objects.requireNonNull(name, "name");
    lossFunction = Objects.requireNonNull(loss, "loss");
    return this;
  }

  // ---- the task ----

  @Override
  protected Prepared prepare(
      TextDataset train, TextDataset evaluation, Tokenizer cutting, TrainingListener listener) {
    if (lossFunction != null && (classWeights != null || labelSmoothing() > 0)) {
      throw new IllegalStateException(
          "classWeights and labelSmoothing are of the standard loss, and the loss is '%s'"
              .formatted(lossName));
    }
    metrics.forEach(metric -> metric.labels(model().labels()));
    Targets targets = check(train);
    DataChecks.sameLabels(train, evaluation, model().labels());
    Targets judged = evaluation == null ? null : check(evaluation);
    if (model().trainedOnPairs() && !DataChecks.arePairs(train)) {
      LOG.warn(
          "{}: the model was trained on pairs of texts, and these are single ones; pair(…) chooses"
              + " the column of the second",
          train.source());
    }
    DataChecks.labels(train, model().labels());
    DataChecks.withoutLabel(train, model().labels());
    Examples examples = examples(encode(train, cutting, listener), targets);
    Evaluation judge =
        evaluation == null
            ? null
            : new SequenceEvaluation(
                this, examples(encode(evaluation, cutting, listener), judged), judged, metrics);
    model().trainedOnPairs(DataChecks.arePairs(train));
    return new Prepared(examples, judge);
  }

  private Targets check(TextDataset data) {
    say(data);
    Targets targets = Targets.of(data, model().labels());
    DataChecks.texts(data);
    return targets;
  }

  /** What was understood; the wrong column is better met here than after training. */
  private void say(TextDataset data) {
    LOG.info(
        "{}: {} examples{}, for {}",
        data.source(),
        data.size(),
        data.chosenColumns().isEmpty() ? "" : ", " + data.chosenColumns(),
        switch (model().labels().problemType()) {
          case SINGLE_LABEL -> "one of the labels " + listed(model().labels());
          case MULTI_LABEL -> "any of the labels " + listed(model().labels());
          case REGRESSION -> "a score";
        });
  }

  private static String listed(Labels labels) {
    return labels.size() <= LISTED
        ? String.join(", ", labels.names())
        : labels.name(0) + " … " + labels.name(labels.size() - 1) + " (" + labels.size() + ")";
  }

  private EncodedDataset encode(TextDataset data, Tokenizer cutting, TrainingListener listener) {
    TokenizingProgress progress = new TokenizingProgress(listener, data.source(), data.size());
    EncodedDataset encoded = EncodedDataset.of(data, cutting, progress);
    progress.done();
    EncoderConfig config = model().encoder().config();
    DataChecks.tokens(data, encoded, cutting, config.maxPositionEmbeddings());
    DataChecks.embeddings(
        data.source(), row -> data.rows().get(row).line(), encoded, cutting, config);
    return encoded;
  }

  private Examples examples(EncodedDataset data, Targets targets) {
    int[] lengths = data.lengths();
    return Examples.of(
        data.size(),
        row -> lengths[row],
        rows -> {
          Batch batch = Batch.of(data.batch(rows));
          if (model().labels().problemType() != ProblemType.SINGLE_LABEL) {
            return batch.with(LABELS, targets.values(rows), rows.length, targets.width());
          }
          batch.with(LABELS, targets.classes(rows));
          return classWeights == null ? batch : batch.with(CLASS_WEIGHTS, classWeights);
        });
  }

  @Override
  Tensor loss(Tensor logits, Inputs inputs, float count) {
    if (lossFunction != null) {
      return lossFunction.of(logits, inputs.get(LABELS), count);
    }
    return classWeights == null
        ? super.loss(logits, inputs, count)
        : F.crossEntropy(
            logits, inputs.get(LABELS), options(count).withClassWeights(inputs.get(CLASS_WEIGHTS)));
  }

  /** The examples, or the sum of their weights. */
  @Override
  public float count(Batch batch) {
    if (classWeights == null) {
      return batch.examples();
    }
    float sum = 0;
    for (int label : batch.ints(LABELS)) {
      sum += classWeights[label];
    }
    return sum;
  }

  @Override
  public Map<String, Object> settings() {
    Map<String, Object> settings = super.settings();
    settings.put("label_smoothing", labelSmoothing());
    settings.put(CLASS_WEIGHTS, classWeights == null ? "none" : Arrays.toString(classWeights));
    settings.put("loss", lossName);
    return settings;
  }
}
