package io.github.jaubert.bert;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.AtomicFile;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.ModelNames;
import io.github.jaubert.bert.tokenizer.LongTextStrategy;
import io.github.jaubert.bert.tokenizer.TokenizerFiles;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * An encoder with a linear layer on its pooled output that tells one label of several, any number
 * of labels, or a score: Hugging Face's {@code BertForSequenceClassification} and its likes, with
 * their parameter names ({@code bert.…}, {@code classifier.…}).
 */
public final class SequenceClassifier extends Classifier<SequenceClassifier> {
  /** What config.json and checkpoints call it. */
  public static final HeadType TYPE =
      new HeadType(SequenceClassifier.class, "SequenceClassification", "whole texts", WEIGHT, true);

  private boolean trainedOnPairs;
  private Thresholds thresholds;
  private LongTextStrategy longTexts = LongTextStrategy.cut();
  private CrossEncoderFolder crossEncoder; // null: it is not known to be one

  private SequenceClassifier(Encoder encoder, Labels labels) {
    super(
        TYPE,
        encoder,
        labels,
        encoder.config().classifierDropoutProb(),
        encoder.newClassifierTransform());
    thresholds = Thresholds.usual(labels);
  }

  // ---- making one ----

  /** A new model, initialised like {@link Encoder#of}. */
  public static SequenceClassifier of(EncoderConfig config, Labels labels) {
    return of(Encoder.of(config), labels);
  }

  /** An encoder, which belongs to the result from now on, with a new head. */
  public static SequenceClassifier of(Encoder encoder, Labels labels) {
    return new SequenceClassifier(encoder, labels).initialiseHead();
  }

  /**
   * Loads a Hugging Face folder with the labels that its config.json names, to be used as it is:
   * all its weights must be there.
   *
   * @throws CheckpointException if a file is missing or damaged, the weights do not fit
   *     config.json, a parameter is missing, or there is no head or one of another kind
   */
  public static SequenceClassifier fromPretrained(Path folder) {
    return loaded(
        folder, () -> load(folder, TYPE, null, HeadJson::readLabels, SequenceClassifier::new));
  }

  /**
   * The same for a folder or the name of a model on a hub, such as {@code OWNER/NAME}, which is
   * fetched if need be, see {@link ModelNames#folder}.
   */
  public static SequenceClassifier fromPretrained(String folderOrName) {
    return fromPretrained(ModelNames.folder(folderOrName, true));
  }

  /**
   * Loads a Hugging Face folder for these labels. A head in the folder is used if its labels have
   * the same names, {@code LABEL_2} counting as {@code 2}; its outputs are put in the order of
   * {@code labels}. A folder without a head for whole texts, or with one in which two labels have
   * the same name, gets a new one, and a warning says so.
   *
   * @throws CheckpointException if a file is missing or damaged, the weights do not fit
   *     config.json, or the head in the folder has other labels
   */
  public static SequenceClassifier fromPretrained(Path folder, Labels labels) {
    return loaded(
        folder, () -> load(folder, TYPE, labels, HeadJson::readLabels, SequenceClassifier::new));
  }

  /** The same for a folder or the name of a model on a hub, see {@link ModelNames#folder}. */
  public static SequenceClassifier fromPretrained(String folderOrName, Labels labels) {
    return fromPretrained(ModelNames.folder(folderOrName, true), labels);
  }

  private static SequenceClassifier loaded(Path folder, Supplier<SequenceClassifier> load) {
    CrossEncoderFolder crossEncoder = CrossEncoderFolder.read(folder);
    SequenceClassifier model = load.get();
    model.crossEncoder = crossEncoder;
    return model;
  }

  /**
   * How many outputs the head for whole texts has that a Hugging Face folder holds; 0 if it holds
   * none, or one of another kind.
   *
   * @throws CheckpointException if a file is missing or damaged, the weights do not fit
   *     config.json, or the head is no matrix with numbers
   */
  public static int headOutputs(Path folder) {
    return HeadLabels.outputs(folder, TYPE);
  }

  /**
   * Whether a Hugging Face folder holds a cross-encoder that gives pairs of texts a score: one that
   * sentence-transformers wrote, or {@link #crossEncoder}.
   *
   * @throws CheckpointException if a file is missing or damaged
   */
  public static boolean isCrossEncoder(Path folder) {
    return CrossEncoderFolder.read(folder) != null && headOutputs(folder) == 1;
  }

  // ---- using it ----

  /**
   * Computes the logits, {@code [sequences, labels]}: before softmax or sigmoid, or the score
   * itself.
   *
   * @throws IllegalArgumentException as {@link Encoder#forward} does, or if a sequence has no token
   */
  @Override
  public Tensor forward(TokenInputs inputs) {
    return classify(encoder().pooled(inputs));
  }

  /**
   * Whether it is known to have been trained on pairs of texts, so that a single one lacks half.
   */
  public boolean trainedOnPairs() {
    return trainedOnPairs;
  }

  /**
   * Says whether it is trained on pairs of texts, as a trainer does. {@link #save(Path)} writes it
   * to config.json, in a field that others ignore.
   *
   * @return this model
   */
  public SequenceClassifier trainedOnPairs(boolean pairs) {
    trainedOnPairs = pairs;
    return this;
  }

  /** From which probabilities on labels hold. */
  public Thresholds thresholds() {
    return thresholds;
  }

  /**
   * Chooses from which probabilities on labels hold; logits are the same. {@link #save(Path)}
   * writes it to config.json, in a field that others ignore. A trainer takes it back, as it is of
   * no use for other weights.
   *
   * @return this model
   * @throws IllegalArgumentException as {@link Thresholds#of} does
   */
  public SequenceClassifier thresholds(Map<String, Float> byLabel) {
    thresholds = Thresholds.of(labels(), byLabel);
    return this;
  }

  /** How single texts are read that are too long; they are cut unless said otherwise. */
  public LongTextStrategy longTexts() {
    return longTexts;
  }

  /**
   * Chooses how single texts are read that are too long, as a trainer does; pipelines go by it.
   * {@link #save(Path)} writes it to config.json, in a field that others ignore.
   *
   * @return this model
   */
  public SequenceClassifier longTexts(LongTextStrategy strategy) {
    longTexts = Objects.requireNonNull(strategy, "strategy");
    return this;
  }

  /**
   * What makes the score of a pair of texts of its logit, if it is a cross-encoder: what the folder
   * says that it was loaded from, or the sigmoid, as in sentence-transformers.
   *
   * @throws CheckpointException if the folder names an activation, or a prompt, that is not
   *     supported
   */
  public ScoreActivation scoreActivation() {
    return crossEncoder == null ? ScoreActivation.SIGMOID : crossEncoder.scoreActivation();
  }

  /**
   * Says that it is a cross-encoder, or none, as a trainer does. {@link #save(Path)} then also
   * writes what makes the {@code CrossEncoder} of sentence-transformers load the folder: fields of
   * config.json, modules.json, sentence_bert_config.json and config_sentence_transformers.json.
   *
   * @param activation what makes scores of logits; null for no cross-encoder
   * @return this model
   */
  public SequenceClassifier crossEncoder(ScoreActivation activation) {
    crossEncoder = activation == null ? null : CrossEncoderFolder.of(activation, crossEncoder);
    return this;
  }

  @Override
  protected void readConfig(ConfigJson json) {
    thresholds = HeadJson.readThresholds(json, labels());
    trainedOnPairs = HeadJson.saysPairs(json);
    longTexts = HeadJson.readLongTexts(json);
  }

  @Override
  protected void writeConfig(ObjectNode json) {
    HeadJson.write(json, labels());
    if (trainedOnPairs) {
      HeadJson.sayPairs(json);
    }
    HeadJson.writeLongTexts(json, longTexts);
    if (thresholds.isChosen()) {
      HeadJson.writeThresholds(json, thresholds);
    }
    if (crossEncoder != null) {
      crossEncoder.write(json);
    }
  }

  @Override
  Map<String, AtomicFile.Content> moreFiles(TokenizerFiles tokenizer) {
    return crossEncoder == null ? Map.of() : crossEncoder.files();
  }
}
