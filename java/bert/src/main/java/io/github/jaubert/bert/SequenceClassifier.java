package io.github.jaubert.bert;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.ModelFolder;
import io.github.jaubert.bert.checkpoint.SafeTensors;
import io.github.jaubert.bert.checkpoint.StateDict;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.bert.tokenizer.TokenizerFiles;
import io.github.jaubert.nn.Block;
import io.github.jaubert.nn.CrossEntropyOptions;
import io.github.jaubert.nn.Dropout;
import io.github.jaubert.nn.F;
import io.github.jaubert.nn.Layer;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Path;

/**
 * An encoder with a linear layer on its pooled output that tells one label of several, any number
 * of labels, or a score: Hugging Face's {@code BertForSequenceClassification} and its likes, with
 * their parameter names ({@code bert.…}, {@code classifier.…}).
 *
 * <p>A new model is in training mode, one that was loaded in evaluation mode.
 */
public final class SequenceClassifier extends Block {
  static final String HEAD = "classifier.weight";
  private static final String KIND = "SequenceClassification";
  private static final String NEW_HEAD =
      "for a new head on this encoder use"
          + " SequenceClassifier.of(Encoder.fromPretrained(folder), labels)";

  private final Encoder encoder;
  private final Layer transform; // null: the architecture has none
  private final Dropout dropout;
  private final Linear classifier;
  private final Labels labels;
  private TokenizerFiles tokenizerFiles;
  private boolean trainedOnPairs;

  private SequenceClassifier(Encoder encoder, Labels labels) {
    this.encoder = add(encoder.architecture().prefix(), encoder);
    this.labels = labels;
    transform = encoder.newClassifierTransform();
    if (transform != null) {
      transform.children().forEach(this::add);
    }
    EncoderConfig config = encoder.config();
    dropout = Dropout.of((float) config.classifierDropoutProb());
    classifier = add("classifier", EncoderLayer.linear(config.hiddenSize(), labels.size()));
    add("dropout", dropout);
    tokenizerFiles = encoder.tokenizerFiles();
  }

  // ---- making one ----

  /** A new model, initialised like {@link Encoder#of}. */
  public static SequenceClassifier of(EncoderConfig config, Labels labels) {
    return of(Encoder.of(config), labels);
  }

  /** An encoder, which belongs to the result from now on, with a new head. */
  public static SequenceClassifier of(Encoder encoder, Labels labels) {
    SequenceClassifier model = new SequenceClassifier(encoder, labels);
    for (Parameter parameter : model.parameters()) {
      if (model.isHead(parameter.name())) {
        encoder.initialise(parameter);
      }
    }
    return model;
  }

  /** Whether a parameter is none of the encoder's. */
  private boolean isHead(String name) {
    String child = name.split("\\.", 2)[0];
    return children().containsKey(child) && children().get(child) != encoder;
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
    return HeadLabels.outputs(folder, KIND);
  }

  private static SequenceClassifier load(Path folder, Labels wanted) {
    ModelFolder.recover(folder);
    ConfigJson json = ConfigJson.of(folder);
    EncoderConfig config = Architectures.readConfig(json);
    try (StateDict weights = SafeTensors.openFolder(folder)) {
      CheckpointLoader loader =
          CheckpointLoader.of(config, weights, config.architecture().prefix() + ".");
      String other = HeadJson.otherHead(json, KIND);
      Shape head = other == null ? loader.shape(HEAD) : null;
      if (head == null && wanted == null) {
        throw new CheckpointException(
            folder.toString(),
            (other == null
                    ? "holds an encoder without '" + HEAD + "'"
                    : "is a " + other + ", whose head is none for whole texts")
                + "; fine-tune it first: fromPretrained(folder, labels) gives it a new head");
      }
      HeadLabels stored =
          head == null ? null : HeadLabels.match(folder, json, head, wanted, NEW_HEAD);
      HeadLabels labels = stored == null ? new HeadLabels(wanted, null) : stored;
      SequenceClassifier model = new SequenceClassifier(config.newEncoder(), labels.labels());
      try {
        if (stored == null) {
          loader.ignore(model::isHead);
        }
        if (wanted == null) {
          loader.requireAll(model.parameters().stream().map(Parameter::name).toList());
        }
        loader.load(model, model.encoder);
        labels.order(model.classifier);
      } catch (RuntimeException | Error e) {
        model.close();
        throw e;
      }
      model.tokenizerFiles = TokenizerFiles.readIfPresent(folder);
      model.trainedOnPairs = HeadJson.saysPairs(json);
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
   * Chooses what the encoder computes in, see {@link Encoder#computeType(DType)}; logits and losses
   * are F32 always.
   *
   * @return this model
   */
  public SequenceClassifier computeType(DType type) {
    encoder.computeType(type);
    return this;
  }

  /** What the encoder computes in. */
  public DType computeType() {
    return encoder.computeType();
  }

  /** The encoder. */
  public Encoder encoder() {
    return encoder;
  }

  /** The sizes and settings of the encoder. */
  public EncoderConfig config() {
    return encoder.config();
  }

  /** What is predicted. */
  public Labels labels() {
    return labels;
  }

  /**
   * Computes the logits, {@code [sequences, labels]}: before softmax or sigmoid, or the score
   * itself.
   *
   * @throws IllegalArgumentException as {@link Encoder#forward} does, or if a sequence has no token
   */
  public Tensor forward(TokenBatch batch) {
    return logits(encoder.pooled(batch));
  }

  /** The same of tensors that {@link Encoder#inputs} made. */
  public Tensor forward(TokenInputs inputs) {
    return logits(encoder.pooled(inputs));
  }

  private Tensor logits(Tensor pooled) {
    Tensor x = transform == null ? pooled : transform.forward(pooled);
    return classifier.forward(dropout.forward(x));
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
   * Writes a Hugging Face folder that {@code transformers} loads as a BertForSequenceClassification
   * or its like: config.json, model.safetensors and, if it was trained or loaded from a folder that
   * has them, the tokenizer files. They are replaced together or not at all; other files in the
   * folder stay.
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
    ObjectNode config = PretrainedFolder.config(config(), "For" + KIND);
    HeadJson.write(config, labels);
    if (trainedOnPairs) {
      HeadJson.sayPairs(config);
    }
    PretrainedFolder.write(folder, config, parameters(), tokenizer);
  }

  @Override
  protected String kind() {
    return "SequenceClassifier(" + labels + ")";
  }
}
