package io.github.jaubert.bert;

import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.ModelNames;
import io.github.jaubert.nn.CrossEntropyOptions;
import io.github.jaubert.nn.Dropout;
import io.github.jaubert.nn.F;
import io.github.jaubert.nn.Layer;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Path;

/**
 * An encoder with a linear layer on its pooled output that gives a text one number: of several
 * texts, each a prompt with one of its choices, the one with the largest is chosen. Hugging Face's
 * {@code BertForMultipleChoice} and its likes, with their parameter names ({@code bert.…}, {@code
 * classifier.…}).
 */
public final class MultipleChoiceModel extends EncoderModel<MultipleChoiceModel> {
  private static final String CLASSIFIER = "classifier";

  /** What config.json and checkpoints call it. */
  public static final HeadType TYPE =
      new HeadType(
          MultipleChoiceModel.class, "MultipleChoice", "choices", CLASSIFIER + ".weight", true);

  private final Layer transform; // null: there is none
  private final Dropout dropout;
  private final Linear classifier;

  private MultipleChoiceModel(Encoder encoder) {
    super(TYPE, encoder);
    transform = encoder().newChoiceTransform();
    Architecture architecture = config().architecture();
    Group names = new Group();
    if (transform != null) {
      transform
          .children()
          .forEach((name, child) -> names.put(architecture.headName(TYPE, name), child));
    }
    classifier =
        names.put(
            architecture.headName(TYPE, CLASSIFIER), EncoderLayer.linear(config().hiddenSize(), 1));
    names.children().forEach(this::add);
    dropout = add("dropout", Dropout.of((float) config().classifierDropoutProb()));
  }

  // ---- making one ----

  /** A new model, initialised like {@link Encoder#of}. */
  public static MultipleChoiceModel of(EncoderConfig config) {
    return of(Encoder.of(config));
  }

  /** An encoder, which belongs to the result from now on, with a new head. */
  public static MultipleChoiceModel of(Encoder encoder) {
    return new MultipleChoiceModel(encoder).initialiseHead();
  }

  /**
   * Loads a Hugging Face folder, to be used as it is: all its weights must be there.
   *
   * @throws CheckpointException if a file is missing or damaged, the weights do not fit
   *     config.json, a parameter is missing, or there is no head or one of another kind
   */
  public static MultipleChoiceModel fromPretrained(Path folder) {
    return load(folder, TYPE, MultipleChoiceModel::new);
  }

  /**
   * The same for a folder or the name of a model on a hub, such as {@code OWNER/NAME}, which is
   * fetched if need be, see {@link ModelNames#folder}.
   */
  public static MultipleChoiceModel fromPretrained(String folderOrName) {
    return fromPretrained(ModelNames.folder(folderOrName, true));
  }

  /**
   * Loads a Hugging Face folder to train it further. What it lacks is initialised, and if its head
   * is of another kind all of it; one warning says so.
   *
   * @throws CheckpointException if a file is missing or damaged, or the weights do not fit
   *     config.json
   */
  public static MultipleChoiceModel forTraining(Path folder) {
    return loadForTraining(folder, TYPE, MultipleChoiceModel::new);
  }

  /**
   * Whether a Hugging Face folder says that its model chooses.
   *
   * @throws CheckpointException if config.json is missing or damaged
   */
  public static boolean isIn(Path folder) {
    return TYPE.isIn(folder);
  }

  /** ELECTRA's fields for the layer before the last, which have one value in all its models. */
  @Override
  protected void readConfig(ConfigJson json) {
    json.mustBe("summary_type", "first", "only 'first' is supported");
    json.mustBe("summary_activation", "gelu", "only 'gelu' is supported");
    json.mustBe("summary_use_proj", "true", "only true is supported");
  }

  // ---- using it ----

  /**
   * Computes the logits of texts, F32 {@code [texts]}, before a softmax over those of one example.
   *
   * @throws IllegalArgumentException as {@link Encoder#forward} does, or if a text has no token
   */
  @Override
  public Tensor forward(TokenInputs inputs) {
    Tensor pooled = encoder().pooled(inputs);
    Tensor x = transform == null ? pooled : transform.forward(pooled);
    return classifier.forward(dropout.forward(x)).flatten();
  }

  /**
   * The mean over examples of the cross-entropy over their choices.
   *
   * @param logits {@code [texts]}, as {@link #forward} gives them, one example's after another's
   * @param choices how many texts each example has; it may differ from one to the next
   * @param answers for each example which of its choices is right, from 0
   */
  public Tensor loss(Tensor logits, PackedSequences choices, int[] answers) {
    for (int i = 0; i < answers.length && answers.length == choices.count(); i++) {
      if (answers[i] < 0 || answers[i] >= choices.length(i)) {
        throw new IllegalArgumentException(
            "loss: answer %d of %d choices".formatted(answers[i], choices.length(i)));
      }
    }
    SpanRows table = SpanRows.of(choices, Math.max(1, choices.maxLength()));
    return loss(
        logits,
        Tensor.of(table.rows()).to(logits.device()),
        Tensor.of(table.padding(), choices.count(), table.width()).to(logits.device()),
        Tensor.of(answers).to(logits.device()),
        0);
  }

  /**
   * The same of tensors, which a recorded step can overwrite.
   *
   * @param rows {@link SpanRows#rows} of the numbers of choices, I32 {@code [examples × width]}
   * @param padding {@link SpanRows#padding}, F32 {@code [examples, width]}
   * @param answers I32 or I64 {@code [examples]}
   * @param count what the sum over the examples is divided by; 0: their number
   */
  public Tensor loss(Tensor logits, Tensor rows, Tensor padding, Tensor answers, float count) {
    return F.crossEntropy(
        table(logits, rows, padding),
        answers,
        CrossEntropyOptions.defaults().withNormalizer(count));
  }

  /** Logits as a table of examples and choices, {@code [examples, width]}. */
  public static Tensor table(Tensor logits, Tensor rows, Tensor padding) {
    return logits.indexSelect(0, rows).reshape(padding.shape().toArray()).add(padding);
  }
}
