package io.github.jaubert.train;

import io.github.jaubert.bert.Classifier;
import io.github.jaubert.bert.ProblemType;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.nn.CrossEntropyOptions;
import io.github.jaubert.nn.F;
import io.github.jaubert.tensor.Tensor;
import java.util.Map;

/**
 * The task of a model that gives texts or tokens their labels: the loss is the one that the labels
 * ask for, see {@link Classifier#loss(Tensor, Tensor, float)}.
 *
 * @param <T> the task itself
 * @param <M> the model
 * @param <D> the kind of data set
 */
public abstract class ClassificationTask<
        T extends ClassificationTask<T, M, D>, M extends Classifier<M>, D>
    extends HeadTask<T, M, D> {
  /** What a batch has its targets under. */
  static final String LABELS = "labels";

  private float labelSmoothing;

  /** The task of a model; texts are tokenised by {@code tokenizer}. */
  ClassificationTask(M model, Tokenizer tokenizer) {
    super(model, tokenizer);
  }

  /**
   * The share of the target that is spread over all labels (Szegedy et al. 2016), 0 to 1; 0 unless
   * said otherwise. For one label of several.
   */
  public final T labelSmoothing(float share) {
    require(share >= 0 && share <= 1, "labelSmoothing " + share + ": a number from 0 to 1");
    requireClasses("labelSmoothing");
    labelSmoothing = share;
    return self();
  }

  final float labelSmoothing() {
    return labelSmoothing;
  }

  final void requireClasses(String what) {
    require(
        model().labels().problemType() == ProblemType.SINGLE_LABEL,
        what + ": the model's labels are " + model().labels() + ", not one of several");
  }

  // ---- the task ----

  @Override
  public final Tensor loss(Inputs inputs, float count) {
    return loss(model().forward(inputs.text()), inputs, count);
  }

  Tensor loss(Tensor logits, Inputs inputs, float count) {
    Tensor labels = inputs.get(LABELS);
    return labelSmoothing == 0
        ? model().loss(logits, labels, count)
        : F.crossEntropy(logits, labels, options(count));
  }

  final CrossEntropyOptions options(float count) {
    return CrossEntropyOptions.defaults().withNormalizer(count).withLabelSmoothing(labelSmoothing);
  }

  @Override
  public final Map<String, String> identity() {
    return Map.of(LABELS, model().labels().toString());
  }
}
