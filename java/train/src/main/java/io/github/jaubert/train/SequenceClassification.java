package io.github.jaubert.train;

import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.ProblemType;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.tokenizer.LongTextReader;
import io.github.jaubert.bert.tokenizer.LongTextStrategy;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.nn.F;
import io.github.jaubert.tensor.Tensor;
import io.github.jaubert.train.data.EncodedDataset;
import io.github.jaubert.train.data.Example;
import io.github.jaubert.train.data.Targets;
import io.github.jaubert.train.data.TextDataset;
import io.github.jaubert.train.metrics.Metric;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CancellationException;
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

  /** How much each decision counts, and a 1 for the label that holds. */
  private static final String WEIGHTS = "weights";

  private static final String TRUTH = "truth";

  private List<Metric> metrics = List.of();
  private float[] classWeights; // null: 1 each
  private boolean balanced;
  private float gamma = Float.NaN; // NaN: no focal loss
  private float alpha = Float.NaN; // NaN: what is true counts as much as what is not
  private LabelWeights weights; // null: not prepared, or 1 each
  private TextDataset learnt; // null: not prepared
  private EncodedTexts read; // the same as tokens
  private SequenceEvaluation judge; // null: not prepared, or there is nothing to be judged by
  private LongTextStrategy longTexts; // null: not said
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

  /**
   * How single texts are read that have more tokens than {@link #maxLength}: cut, as they are in
   * training unless said otherwise; by their first and last tokens; or in windows. Of windows each
   * is an example with the label of its text, and a text is judged by the mean of their logits. The
   * model keeps the choice, so that pipelines read alike, and a model that is judged as it is goes
   * by its own unless said otherwise. Pairs of texts are cut.
   */
  public SequenceClassification longTexts(LongTextStrategy strategy) {
    longTexts = Objects.requireNonNull(strategy, "strategy");
    return this;
  }

  private LongTextStrategy reading() {
    LongTextStrategy otherwise = learns() ? LongTextStrategy.cut() : model().longTexts();
    return (longTexts == null ? otherwise : longTexts).at(maxLength());
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
    balanced = false;
    return this;
  }

  /**
   * Has all classes count the same, however rare they are: an example counts the number of examples
   * divided by the number of classes and by how many have its class, as scikit-learn's {@code
   * class_weight="balanced"}; windows of a text count as often as it has them. Of any number of
   * labels each is two classes by itself, that it holds and that it does not.
   */
  public SequenceClassification balancedClassWeights() {
    requireLabels("balancedClassWeights");
    classWeights = null;
    balanced = true;
    return this;
  }

  /**
   * The focal loss {@code (1 - p)^gamma} times the cross-entropy of the probability p of what is
   * true (Lin et al. 2017), so that examples which are told well already count little. Class
   * weights are the alpha of one label of several, and go on.
   *
   * @param gamma from 0, which gives the cross-entropy; the paper takes 2
   */
  public SequenceClassification focalLoss(float gamma) {
    requireLabels("focalLoss");
    require(gamma >= 0 && gamma < Float.POSITIVE_INFINITY, "focalLoss gamma " + gamma + ": from 0");
    this.gamma = gamma;
    alpha = Float.NaN;
    lossFunction = null;
    lossName = "focal(gamma " + gamma + ")";
    return this;
  }

  /**
   * The same of any number of labels, with another weight for labels that hold.
   *
   * @param alpha how much a label counts that holds, from 0 to 1; one that does not counts {@code 1
   *     - alpha}. The paper takes 0.25
   */
  public SequenceClassification focalLoss(float gamma, float alpha) {
    require(
        model().labels().problemType() == ProblemType.MULTI_LABEL,
        "focalLoss alpha: the model's labels are "
            + model().labels()
            + ", of which classWeights are the alpha");
    require(alpha >= 0 && alpha <= 1, "focalLoss alpha " + alpha + ": from 0 to 1");
    focalLoss(gamma);
    this.alpha = alpha;
    lossName = "focal(gamma %s, alpha %s)".formatted(gamma, alpha);
    return this;
  }

  private void requireLabels(String what) {
    require(
        model().labels().problemType() != ProblemType.REGRESSION,
        what + ": the model's labels are " + model().labels() + ", a score");
  }

  /**
   * Another loss than the one that the labels ask for.
   *
   * @param name tells a run with this loss apart from others
   */
  public SequenceClassification loss(String name, LossFunction loss) {
    lossName = Objects.requireNonNull(name, "name");
    lossFunction = Objects.requireNonNull(loss, "loss");
    gamma = Float.NaN;
    return this;
  }

  // ---- the task ----

  @Override
  protected Prepared prepare(
      TextDataset train, TextDataset evaluation, Tokenizer cutting, TrainingListener listener) {
    boolean weighted = classWeights != null || balanced;
    if (lossFunction != null && (weighted || labelSmoothing() > 0)) {
      throw new IllegalStateException(
          "classWeights and labelSmoothing are of the standard loss, and the loss is '%s'"
              .formatted(lossName));
    }
    if (isFocal() && labelSmoothing() > 0) {
      throw new IllegalStateException(
          "labelSmoothing is of the cross-entropy, and the loss is '%s'".formatted(lossName));
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
    weights = weights(targets);
    LongTextReader reader = new LongTextReader(cutting, reading());
    EncodedTexts encoded = encode(train, reader, cutting, listener);
    learnt = learns() ? train : null;
    read = encoded;
    judge = null;
    if (evaluation != null) {
      EncodedTexts judging = encode(evaluation, reader, cutting, listener);
      judge =
          new SequenceEvaluation(this, examples(judging, judged), judged, judging.texts(), metrics);
    }
    if (learns()) { // what a folder says of other weights, or of another use, holds no longer
      model().trainedOnPairs(DataChecks.arePairs(train));
      model().thresholds(Map.of());
      model().crossEncoder(null); // scores are logits here
      model().longTexts(reading());
    }
    return new Prepared(examples(encoded, targets), judge);
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

  private EncodedTexts encode(
      TextDataset data, LongTextReader reader, Tokenizer cutting, TrainingListener listener) {
    return EncodedTexts.of(data, reader, cutting, model().encoder().config(), listener);
  }

  private Examples examples(EncodedTexts encoded, Targets targets) {
    EncodedDataset data = encoded.data();
    int[] lengths = data.lengths();
    return Examples.of(
        data.size(),
        row -> lengths[row],
        sequences -> {
          Batch batch = Batch.of(data.batch(sequences));
          return labels(batch, targets, encoded.textsOf(sequences));
        });
  }

  /** Adds what the loss needs of some texts. */
  Batch labels(Batch batch, Targets targets, int[] rows) {
    int width = model().labels().size();
    if (model().labels().problemType() != ProblemType.SINGLE_LABEL) {
      float[] truth = targets.values(rows);
      batch.with(LABELS, truth, rows.length, targets.width());
      return weights == null ? batch : batch.with(WEIGHTS, weights.of(truth), rows.length, width);
    }
    int[] classes = targets.classes(rows);
    batch.with(LABELS, classes);
    if (isFocal()) {
      float[] truth = new float[rows.length * width];
      for (int i = 0; i < rows.length; i++) {
        truth[i * width + classes[i]] = 1;
      }
      batch.with(TRUTH, truth, rows.length, width);
      return batch.with(WEIGHTS, weights.of(classes));
    }
    return weights == null ? batch : batch.with(CLASS_WEIGHTS, weights.yes());
  }

  private boolean isFocal() {
    return !Float.isNaN(gamma);
  }

  /** What the loss is weighted by; null if nothing is. */
  private LabelWeights weights(Targets train) {
    Labels labels = model().labels();
    if (classWeights == null && !balanced && !isFocal()) {
      return null;
    }
    LabelWeights all =
        classWeights != null
            ? new LabelWeights(classWeights, null)
            : balanced ? LabelWeights.balanced(labels, train) : LabelWeights.ones(labels);
    return Float.isNaN(alpha) ? all : all.times(alpha);
  }

  @Override
  Tensor loss(Tensor logits, Inputs inputs, float count) {
    if (lossFunction != null) {
      return lossFunction.of(logits, inputs.get(LABELS), count);
    }
    if (weights == null) {
      return super.loss(logits, inputs, count);
    }
    Tensor labels = inputs.get(LABELS);
    float focus = isFocal() ? gamma : 0;
    if (model().labels().problemType() == ProblemType.MULTI_LABEL) {
      return FocalLoss.ofSeveral(logits, labels, inputs.get(WEIGHTS), focus, count);
    }
    return isFocal()
        ? FocalLoss.ofClasses(logits, inputs.get(TRUTH), inputs.get(WEIGHTS), focus, count)
        : F.crossEntropy(
            logits, labels, options(count).withClassWeights(inputs.get(CLASS_WEIGHTS)));
  }

  /**
   * The examples; of one label of several the sum of their weights, so that the loss is a weighted
   * mean.
   */
  @Override
  public float count(Batch batch) {
    if (weights == null || weights.no() != null) {
      return batch.examples();
    }
    float sum = 0;
    for (float weight : weights.of(batch.ints(LABELS))) {
      sum += weight;
    }
    return sum;
  }

  /**
   * What the model, as it is now, says of the data to be judged by: for a table by class, or for
   * thresholds. After a run this costs nothing if the last evaluation was of these weights.
   *
   * @param result what came of the run
   * @throws IllegalStateException if there was no run, or nothing to be judged by
   * @throws CancellationException if the thread is interrupted meanwhile
   */
  public Predictions predictions(TrainingResult result) {
    judge(judge, judge != null && judge.isDone(), result);
    return judge.predictions();
  }

  /**
   * The same example by example, by the model's {@linkplain SequenceClassifier#thresholds
   * thresholds}.
   *
   * @param result what came of the run
   * @throws IllegalStateException if there was no run, or nothing to be judged by
   * @throws CancellationException if the thread is interrupted meanwhile
   */
  public List<Judgement> judgements(TrainingResult result) {
    judge(judge, judge != null && judge.isDone(), result);
    return judgements();
  }

  /**
   * What the model, as it is now, says of examples that it learnt from: where it does not believe a
   * label, that may be wrong.
   *
   * @param rows their numbers in the data, from 0
   * @throws IllegalStateException if there was no run
   * @throws CancellationException if the thread is interrupted meanwhile
   */
  public Predictions predictionsOfLearnt(int... rows) {
    if (learnt == null) {
      throw new IllegalStateException("predictionsOfLearnt: there was no run yet");
    }
    Examples all = examples();
    int[] lengths = all.lengths(0);
    int[] sequences = read.sequencesOf(rows);
    Examples some =
        Examples.of(
            sequences.length,
            i -> lengths[sequences[i]],
            chosen -> all.batch(Arrays.stream(chosen).map(i -> sequences[i]).toArray()));
    List<Example> texts = Arrays.stream(rows).mapToObj(learnt.rows()::get).toList();
    Targets targets = Targets.of(TextDataset.of(texts), model().labels());
    SequenceEvaluation evaluation =
        new SequenceEvaluation(this, some, targets, read.placesIn(rows), List.of());
    judge(evaluation);
    return evaluation.predictions();
  }

  /**
   * What the model said of the data that it was judged by last, in their order: for a table by
   * class.
   *
   * @throws IllegalStateException if it was not judged
   */
  public Predictions predictions() {
    return requireJudged().predictions();
  }

  /**
   * The same example by example, by the model's {@linkplain SequenceClassifier#thresholds
   * thresholds}.
   *
   * @throws IllegalStateException if it was not judged
   */
  public List<Judgement> judgements() {
    SequenceEvaluation judged = requireJudged();
    return model().labels().problemType() == ProblemType.REGRESSION
        ? judged.scores()
        : judged.predictions().judgements(model().thresholds());
  }

  private SequenceEvaluation requireJudged() {
    if (judge == null || !judge.isDone()) {
      throw new IllegalStateException("the model was not judged yet: Trainer.of(task).evaluate()");
    }
    return judge;
  }

  @Override
  public Map<String, Object> settings() {
    Map<String, Object> settings = super.settings();
    settings.put("label_smoothing", labelSmoothing());
    settings.put(
        CLASS_WEIGHTS,
        classWeights != null
            ? Arrays.toString(classWeights)
            : balanced ? "balanced" + (weights == null ? "" : " " + weights) : "none");
    settings.put("loss", lossName);
    if (reading().kind() != LongTextStrategy.Kind.CUT) {
      settings.put("long_texts", reading().toString());
    }
    return settings;
  }
}
