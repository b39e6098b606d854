package io.github.jaubert.bert;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.nn.CrossEntropyOptions;
import io.github.jaubert.nn.Dropout;
import io.github.jaubert.nn.F;
import io.github.jaubert.nn.Layer;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Path;
import java.util.function.BiFunction;

/**
 * A head that gives each row, a text or a token, its {@link Labels}: dropout and a linear layer
 * called {@code classifier}.
 *
 * @param <M> the class of the head itself
 */
public abstract class Classifier<M extends Classifier<M>> extends EncoderModel<M> {
  static final String WEIGHT = "classifier.weight";

  private final Labels labels;
  private final Layer transform; // null: there is none
  private final Dropout dropout;
  private final Linear classifier;

  /**
   * A model whose head has no values yet.
   *
   * @param dropoutProb before the linear layer
   * @param transform a layer before the dropout, whose children become the model's; null for none
   */
  Classifier(HeadType type, Encoder encoder, Labels labels, double dropoutProb, Layer transform) {
    super(type, encoder);
    this.labels = labels;
    this.transform = transform;
    Architecture architecture = config().architecture();
    Group names = new Group();
    if (transform != null) {
      transform
          .children()
          .forEach((name, child) -> names.put(architecture.headName(type, name), child));
    }
    classifier =
        names.put(
            architecture.headName(type, "classifier"),
            EncoderLayer.linear(config().hiddenSize(), labels.size()));
    names.children().forEach(this::add);
    dropout = add("dropout", Dropout.of((float) dropoutProb));
  }

  /**
   * Loads a folder.
   *
   * @param wanted the labels of a model for training; null for those of config.json, of a model
   *     that is used as it is
   * @param stored makes labels of config.json and a number of outputs
   */
  static <M extends Classifier<M>> M load(
      Path folder,
      HeadType type,
      Labels wanted,
      BiFunction<ConfigJson, Integer, Labels> stored,
      BiFunction<Encoder, Labels, M> newModel) {
    try (HeadFolder from = HeadFolder.open(folder, type)) {
      HeadLabels found = from.head() == null ? null : HeadLabels.match(from, wanted, stored);
      Labels labels = found == null ? wanted : found.labels();
      M model =
          from.load(
              encoder -> newModel.apply(encoder, labels),
              found != null || from.lacksHead(),
              wanted == null ? "fromPretrained(folder, labels)" : null);
      if (found != null) {
        found.order(((Classifier<?>) model).classifier);
      }
      return model;
    }
  }

  /** What is predicted. */
  public final Labels labels() {
    return labels;
  }

  /** The logits of rows {@code [rows, hidden]} in F32, {@code [rows, labels]}. */
  final Tensor classify(Tensor rows) {
    Tensor x = transform == null ? rows : transform.forward(rows);
    return classifier.forward(dropout.forward(x));
  }

  /** The mean loss over a batch, see {@link #loss(Tensor, Tensor, float)}. */
  public final Tensor loss(Tensor logits, Tensor targets) {
    return loss(logits, targets, 0);
  }

  /**
   * The loss that the labels ask for: cross-entropy, binary cross-entropy averaged over the labels,
   * or the squared error.
   *
   * @param logits {@code [rows, labels]}, as {@code forward} gives them
   * @param targets on any device; for one label of several: indices {@code [rows]}, I32 or I64,
   *     -100 for a row that does not count, such as the token [CLS]; for any number of labels: 0 or
   *     1, F32 {@code [rows, labels]}; for a score: F32 {@code [rows]} or {@code [rows, 1]}
   * @param count what the sum over the rows is divided by: with gradient accumulation the number of
   *     rows of all its batches that count; 0: those of this one
   */
  public final Tensor loss(Tensor logits, Tensor targets, float count) {
    Tensor beside = targets.to(logits.device());
    return switch (labels.problemType()) {
      case SINGLE_LABEL ->
          F.crossEntropy(logits, beside, CrossEntropyOptions.defaults().withNormalizer(count));
      case MULTI_LABEL -> F.binaryCrossEntropyWithLogits(logits, beside, count * labels.size());
      case REGRESSION -> F.mseLoss(logits.flatten(), beside.flatten(), count);
    };
  }

  @Override
  protected void writeConfig(ObjectNode json) {
    HeadJson.writeNames(json, labels);
  }

  @Override
  protected String kind() {
    return getClass().getSimpleName() + "(" + labels + ")";
  }
}
