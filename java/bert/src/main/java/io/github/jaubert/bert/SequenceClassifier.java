package io.github.jaubert.bert;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.ModelFolder;
import io.github.jaubert.bert.checkpoint.SafeTensors;
import io.github.jaubert.bert.checkpoint.StateDict;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.bert.tokenizer.TokenizerFiles;
import io.github.jaubert.nn.Block;
import io.github.jaubert.nn.CrossEntropyOptions;
import io.github.jaubert.nn.Dropout;
import io.github.jaubert.nn.F;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Path;

/**
 * A BERT with a linear layer on its pooled output that tells one label of several, any number of
 * labels, or a score: Hugging Face's {@code BertForSequenceClassification}, with its parameter
 * names ({@code bert.…}, {@code classifier.…}).
 *
 * <p>A new model is in training mode, one that was loaded in evaluation mode.
 */
public final class SequenceClassifier extends Block {
  static final String HEAD = "classifier.weight";

  private final Bert bert;
  private final Dropout dropout;
  private final Linear classifier;
  private final Labels labels;
  private TokenizerFiles tokenizerFiles;
  private boolean trainedOnPairs;

  private SequenceClassifier(Bert bert, Labels labels) {
    this.bert = add("bert", bert);
    this.labels = labels;
    dropout = Dropout.of((float) bert.config().classifierDropoutProb());
    classifier = add("classifier", BertLayer.linear(bert.config().hiddenSize(), labels.size()));
    add("dropout", dropout);
    tokenizerFiles = bert.tokenizerFiles();
  }

  // ---- making one ----

  /** A new model, initialised like {@link Bert#of}. */
  public static SequenceClassifier of(BertConfig config, Labels labels) {
    return of(Bert.of(config), labels);
  }

  /** An encoder, which belongs to the result from now on, with a new head. */
  public static SequenceClassifier of(Bert bert, Labels labels) {
    SequenceClassifier model = new SequenceClassifier(bert, labels);
    for (Parameter parameter : model.parameters()) {
      if (parameter.name().startsWith("classifier.")) {
        BertInit.initialise(parameter, bert.config());
      }
    }
    return model;
  }

  /**
   * Loads a Hugging Face folder with the labels that its config.json names, to be used as it is:
   * all its weights must be there.
   *
   * @throws CheckpointException if a file is missing or damaged, the weights do not fit
   *     config.json, a parameter is missing, or there is no head or one of another kind
   */
  public static SequenceClassifier fromPretrained(Path folder) {
    return load(folder, null);
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
    return load(folder, labels);
  }

  /**
   * How many outputs the head for whole texts has that a Hugging Face folder holds; 0 if it holds
   * none, or one of another kind.
   *
   * @throws CheckpointException if a file is missing or damaged, the weights do not fit
   *     config.json, or the head is no matrix with numbers
   */
  public static int headOutputs(Path folder) {
    ModelFolder.recover(folder);
    ObjectNode json = JsonFiles.readObject(BertConfig.file(folder));
    BertConfig config = BertConfig.fromPretrained(folder);
    try (StateDict weights = SafeTensors.openFolder(folder)) {
      Shape head = BertLoader.of(config, weights, "bert.").shape(HEAD);
      boolean none = head == null || BertConfigJson.otherHead(json) != null;
      return none ? 0 : HeadLabels.outputs(folder, head);
    }
  }

  private static SequenceClassifier load(Path folder, Labels wanted) {
    ModelFolder.recover(folder);
    Path configFile = BertConfig.file(folder);
    BertConfig config = BertConfig.fromPretrained(folder);
    ObjectNode json = JsonFiles.readObject(configFile);
    try (StateDict weights = SafeTensors.openFolder(folder)) {
      BertLoader loader = BertLoader.of(config, weights, "bert.");
      String other = BertConfigJson.otherHead(json);
      Shape head = other == null ? loader.shape(HEAD) : null;
      if (head == null && wanted == null) {
        throw new CheckpointException(
            folder.toString(),
            (other == null
                    ? "holds an encoder without '" + HEAD + "'"
                    : "is a " + other + ", whose head is none for whole texts")
                + "; fine-tune it first: fromPretrained(folder, labels) gives it a new head");
      }
      HeadLabels labels =
          head == null ? null : HeadLabels.match(folder, configFile, json, head, wanted);
      if (labels == null) {
        loader.ignore("classifier.");
        labels = new HeadLabels(wanted, null);
      }
      SequenceClassifier model = new SequenceClassifier(new Bert(config), labels.labels());
      try {
        if (wanted == null) {
          loader.requireAll(model.parameters().stream().map(Parameter::name).toList());
        }
        loader.load(model);
        labels.order(model.classifier);
      } catch (RuntimeException | Error e) {
        model.close();
        throw e;
      }
      model.tokenizerFiles = TokenizerFiles.readIfPresent(folder);
      model.trainedOnPairs = BertConfigJson.saysPairs(json);
      model.eval();
      return model;
    }
  }

  // ---- using it ----

  @Override
  public SequenceClassifier to(Device device) {
    super.to(device);
    return this;
  }

  /**
   * Chooses what the encoder computes in, see {@link Bert#computeType(DType)}; logits and losses
   * are F32 always.
   *
   * @return this model
   */
  public SequenceClassifier computeType(DType type) {
    bert.computeType(type);
    return this;
  }

  /** What the encoder computes in. */
  public DType computeType() {
    return bert.computeType();
  }

  /** The encoder. */
  public Bert bert() {
    return bert;
  }

  /** The sizes and settings of the encoder. */
  public BertConfig config() {
    return bert.config();
  }

  /** What is predicted. */
  public Labels labels() {
    return labels;
  }

  /**
   * Computes the logits, {@code [sequences, labels]}: before softmax or sigmoid, or the score
   * itself.
   *
   * @throws IllegalArgumentException as {@link Bert#forward} does, or if a sequence has no token
   */
  public Tensor forward(TokenBatch batch) {
    return classifier.forward(dropout.forward(bert.pooled(batch)));
  }

  /** The same of tensors that {@link Bert#inputs} made. */
  public Tensor forward(TokenInputs inputs) {
    return classifier.forward(dropout.forward(bert.pooled(inputs)));
  }

  /** The mean loss over a batch, see {@link #loss(Tensor, Tensor, float)}. */
  public Tensor loss(Tensor logits, Tensor targets) {
    return loss(logits, targets, 0);
  }

  /**
   * The loss that the labels ask for: cross-entropy, binary cross-entropy averaged over the labels,
   * or the squared error.
   *
   * @param logits {@code [sequences, labels]}
   * @param targets on any device; for one label of several: indices {@code [sequences]}, I32 or
   *     I64, -100 for one that does not count; for any number of labels: 0 or 1, F32 {@code
   *     [sequences, labels]}; for a score: F32 {@code [sequences]} or {@code [sequences, 1]}
   * @param sequences what the sum over the sequences is divided by: with gradient accumulation the
   *     number of sequences of all its batches; 0: those of this one that count
   */
  public Tensor loss(Tensor logits, Tensor targets, float sequences) {
    Tensor beside = targets.to(logits.device());
    return switch (labels.problemType()) {
      case SINGLE_LABEL ->
          F.crossEntropy(logits, beside, CrossEntropyOptions.standard().withNormalizer(sequences));
      case MULTI_LABEL -> F.binaryCrossEntropyWithLogits(logits, beside, sequences * labels.size());
      case REGRESSION -> F.mseLoss(logits.flatten(), beside.flatten(), sequences);
    };
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

  // ---- saving ----

  /**
   * Has {@link #save(Path)} write the files of this tokenizer, its maximum length included. A
   * trainer calls it with the tokenizer that cut its texts.
   *
   * @return this model
   */
  public SequenceClassifier saveWith(Tokenizer tokenizer) {
    tokenizerFiles = tokenizer.files();
    return this;
  }

  /**
   * Writes a Hugging Face folder that {@code transformers} loads as a
   * BertForSequenceClassification: config.json, model.safetensors and, if it was trained or loaded
   * from a folder that has them, the tokenizer files. They are replaced together or not at all;
   * other files in the folder stay.
   *
   * @throws CheckpointException if it cannot be written; an earlier model there is then untouched
   */
  public void save(Path folder) {
    write(folder, tokenizerFiles);
  }

  /** The same with the files of a tokenizer. */
  public void save(Path folder, Tokenizer tokenizer) {
    write(folder, tokenizer.files());
  }

  private void write(Path folder, TokenizerFiles tokenizer) {
    ObjectNode config = BertConfigJson.write(config(), "BertForSequenceClassification", labels);
    if (trainedOnPairs) {
      BertConfigJson.sayPairs(config);
    }
    PretrainedFolder.write(folder, config, parameters(), tokenizer);
  }

  @Override
  protected String kind() {
    return "SequenceClassifier(" + labels + ")";
  }
}
