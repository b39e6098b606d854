package io.github.jaubert.bert;

import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.ModelNames;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;

/**
 * An encoder with a linear layer on the hidden state of every token that tells one label of
 * several: Hugging Face's {@code BertForTokenClassification} and its like, with their parameter
 * names ({@code bert.…}, {@code classifier.…}). As there, the encoder has no pooler.
 */
public final class TokenClassifier extends Classifier<TokenClassifier> {
  /** What config.json and checkpoints call it. */
  public static final HeadType TYPE =
      new HeadType(TokenClassifier.class, "TokenClassification", "tokens", WEIGHT, false);

  private TokenClassifier(Encoder encoder, Labels labels) {
    super(
        TYPE,
        encoder,
        labels,
        encoder.config().tokenClassifierDropoutProb(),
        encoder.newTokenTransform());
  }

  // ---- making one ----

  /**
   * A new model, initialised like {@link Encoder#of}.
   *
   * @throws IllegalArgumentException if the labels are not one of several
   */
  public static TokenClassifier of(EncoderConfig config, Labels labels) {
    requireSingle(labels);
    return of(Encoder.of(config), labels);
  }

  /**
   * An encoder, which belongs to the result from now on and loses its pooler, with a new head.
   *
   * @throws IllegalArgumentException if the labels are not one of several
   */
  public static TokenClassifier of(Encoder encoder, Labels labels) {
    requireSingle(labels);
    return new TokenClassifier(encoder, labels).initialiseHead();
  }

  private static void requireSingle(Labels labels) {
    if (labels.problemType() != ProblemType.SINGLE_LABEL) {
      throw new IllegalArgumentException(
          "a token has one label of several; the labels are " + labels);
    }
  }

  /**
   * Loads a Hugging Face folder with the labels that its config.json names, to be used as it is:
   * all its weights must be there.
   *
   * @throws CheckpointException if a file is missing or damaged, the weights do not fit
   *     config.json, a parameter is missing, or there is no head or one of another kind
   */
  public static TokenClassifier fromPretrained(Path folder) {
    return load(folder, TYPE, null, TokenClassifier::labels, TokenClassifier::new);
  }

  /**
   * The same for a folder or the name of a model on a hub, such as {@code OWNER/NAME}, which is
   * fetched if need be, see {@link ModelNames#folder}.
   */
  public static TokenClassifier fromPretrained(String folderOrName) {
    return fromPretrained(ModelNames.folder(folderOrName, true));
  }

  /**
   * Loads a Hugging Face folder for these labels. A head in the folder is used if its labels have
   * the same names, {@code LABEL_2} counting as {@code 2}; its outputs are put in the order of
   * {@code labels}. A folder without a head for tokens, or with one in which two labels have the
   * same name, gets a new one, and a warning says so.
   *
   * @throws CheckpointException if a file is missing or damaged, the weights do not fit
   *     config.json, or the head in the folder has other labels
   * @throws IllegalArgumentException if the labels are not one of several
   */
  public static TokenClassifier fromPretrained(Path folder, Labels labels) {
    requireSingle(labels);
    return load(folder, TYPE, labels, TokenClassifier::labels, TokenClassifier::new);
  }

  /** The same for a folder or the name of a model on a hub, see {@link ModelNames#folder}. */
  public static TokenClassifier fromPretrained(String folderOrName, Labels labels) {
    return fromPretrained(ModelNames.folder(folderOrName, true), labels);
  }

  /** The labels of a head in a folder, whatever kind of problem config.json says. */
  private static Labels labels(ConfigJson json, int outputs) {
    List<String> names = HeadJson.readNames(json, outputs);
    if (outputs < 2) {
      throw new CheckpointException(
          json.file(), "its head has one output, " + names + "; a token has one of several");
    }
    return Labels.of(names);
  }

  /**
   * Whether a Hugging Face folder says that its model classifies tokens.
   *
   * @throws CheckpointException if config.json is missing or damaged
   */
  public static boolean isIn(Path folder) {
    return TYPE.isIn(folder);
  }

  /**
   * How many outputs the head for tokens has that a Hugging Face folder holds; 0 if it holds none,
   * or one of another kind.
   *
   * @throws CheckpointException if a file is missing or damaged, the weights do not fit
   *     config.json, or the head is no matrix with numbers
   */
  public static int headOutputs(Path folder) {
    return HeadLabels.outputs(folder, TYPE);
  }

  // ---- using it ----

  /**
   * Computes the logits, {@code [tokens, labels]}, before softmax.
   *
   * @throws IllegalArgumentException as {@link Encoder#forward} does
   */
  @Override
  public Tensor forward(TokenInputs inputs) {
    return classify(encoder().forward(inputs).lastHidden().to(DType.F32));
  }
}
