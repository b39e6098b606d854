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
import io.github.jaubert.nn.Linear;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;

/**
 * An encoder with a linear layer on the hidden state of every token that tells one label of
 * several: Hugging Face's {@code BertForTokenClassification} and its like, with their parameter
 * names ({@code bert.…}, {@code classifier.…}). As there, the encoder has no pooler.
 *
 * <p>A new model is in training mode, one that was loaded in evaluation mode.
 */
public final class TokenClassifier extends Block {
  private static final String KIND = "TokenClassification";
  private static final String NEW_HEAD =
      "for a new head on this encoder use TokenClassifier.of(Encoder.fromPretrained(folder), labels)";

  private final Encoder encoder;
  private final Dropout dropout;
  private final Linear classifier;
  private final Labels labels;
  private TokenizerFiles tokenizerFiles;

  private TokenClassifier(Encoder whole, Labels labels) {
    encoder = add(whole.architecture().prefix(), whole.withoutPooler());
    this.labels = labels;
    EncoderConfig config = encoder.config();
    dropout = Dropout.of((float) config.tokenClassifierDropoutProb());
    classifier = add("classifier", EncoderLayer.linear(config.hiddenSize(), labels.size()));
    add("dropout", dropout);
    tokenizerFiles = encoder.tokenizerFiles();
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
    TokenClassifier model = new TokenClassifier(encoder, labels);
    for (Parameter parameter : model.parameters()) {
      if (isHead(parameter.name())) {
        encoder.initialise(parameter);
      }
    }
    return model;
  }

  private static boolean isHead(String name) {
    return name.startsWith("classifier.");
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
    return load(folder, null);
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
    return load(folder, labels);
  }

  /**
   * Whether a Hugging Face folder says that its model classifies tokens.
   *
   * @throws CheckpointException if config.json is missing or damaged
   */
  public static boolean isIn(Path folder) {
    ModelFolder.recover(folder);
    return HeadJson.namesHead(ConfigJson.of(folder), KIND);
  }

  /**
   * How many outputs the head for tokens has that a Hugging Face folder holds; 0 if it holds none,
   * or one of another kind.
   *
   * @throws CheckpointException if a file is missing or damaged, the weights do not fit
   *     config.json, or the head is no matrix with numbers
   */
  public static int headOutputs(Path folder) {
    return HeadLabels.outputs(folder, KIND);
  }

  private static TokenClassifier load(Path folder, Labels wanted) {
    ModelFolder.recover(folder);
    ConfigJson json = ConfigJson.of(folder);
    EncoderConfig config = Architectures.readConfig(json);
    try (StateDict weights = SafeTensors.openFolder(folder)) {
      String prefix = config.architecture().prefix() + ".";
      CheckpointLoader loader = CheckpointLoader.of(config, weights, prefix);
      String other = HeadJson.otherHead(json, KIND);
      Shape head = other == null ? loader.shape(SequenceClassifier.HEAD) : null;
      if (head == null && wanted == null) {
        throw new CheckpointException(
            folder.toString(),
            (other == null
                    ? "holds an encoder without '" + SequenceClassifier.HEAD + "'"
                    : "is a " + other + ", whose head is none for tokens")
                + "; fine-tune it first: fromPretrained(folder, labels) gives it a new head");
      }
      HeadLabels stored = head == null ? null : labels(folder, json, head, wanted);
      HeadLabels labels = stored == null ? new HeadLabels(wanted, null) : stored;
      TokenClassifier model = new TokenClassifier(config.newEncoder(), labels.labels());
      try {
        if (stored == null) {
          loader.ignore(TokenClassifier::isHead);
        }
        loader.leaveOut(name -> name.startsWith(prefix + "pooler."));
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
      model.eval();
      return model;
    }
  }

  /** The labels of a head in a folder, whatever kind of problem config.json says. */
  private static HeadLabels labels(Path folder, ConfigJson json, Shape head, Labels wanted) {
    if (wanted != null) {
      return HeadLabels.match(folder, json, head, wanted, NEW_HEAD);
    }
    int outputs = HeadLabels.outputs(folder, head);
    List<String> names = HeadJson.readNames(json, outputs);
    if (outputs < 2) {
      throw new CheckpointException(
          folder.toString(), "its head has one output, " + names + "; a token has one of several");
    }
    return new HeadLabels(Labels.of(names), null);
  }

  // ---- using it ----

  @Override
  public TokenClassifier to(Device device) {
    super.to(device);
    return this;
  }

  /**
   * Chooses what the encoder computes in, see {@link Encoder#computeType(DType)}; logits and losses
   * are F32 always.
   *
   * @return this model
   */
  public TokenClassifier computeType(DType type) {
    encoder.computeType(type);
    return this;
  }

  /** What the encoder computes in. */
  public DType computeType() {
    return encoder.computeType();
  }

  /** The encoder, which has no pooler. */
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
   * Computes the logits, {@code [tokens, labels]}, before softmax.
   *
   * @throws IllegalArgumentException as {@link Encoder#forward} does
   */
  public Tensor forward(TokenBatch batch) {
    return classify(encoder.forward(batch));
  }

  /** The same of tensors that {@link Encoder#inputs} made. */
  public Tensor forward(TokenInputs inputs) {
    return classify(encoder.forward(inputs));
  }

  private Tensor classify(EncoderOutput output) {
    return classifier.forward(dropout.forward(output.lastHidden().to(DType.F32)));
  }

  /** The mean loss over the tokens that count, see {@link #loss(Tensor, Tensor, float)}. */
  public Tensor loss(Tensor logits, Tensor targets) {
    return loss(logits, targets, 0);
  }

  /**
   * The cross-entropy of the tokens that count.
   *
   * @param logits {@code [tokens, labels]}
   * @param targets on any device; indices of labels {@code [tokens]}, I32 or I64, -100 for a token
   *     that does not count, such as [CLS]
   * @param tokens what the sum over the tokens is divided by: with gradient accumulation the number
   *     of tokens of all its batches that count; 0: those of this one
   */
  public Tensor loss(Tensor logits, Tensor targets, float tokens) {
    return F.crossEntropy(
        logits, targets.to(logits.device()), CrossEntropyOptions.standard().withNormalizer(tokens));
  }

  // ---- saving ----

  /**
   * Has {@link #save(Path)} write the files of this tokenizer, its maximum length included.
   *
   * @return this model
   */
  public TokenClassifier saveWith(Tokenizer tokenizer) {
    tokenizerFiles = tokenizer.files();
    return this;
  }

  /**
   * Writes a Hugging Face folder that {@code transformers} loads as a BertForTokenClassification:
   * config.json, model.safetensors and, if it was loaded from a folder that has them or {@link
   * #saveWith} gave them, the tokenizer files. They are replaced together or not at all; other
   * files in the folder stay.
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
    config.remove("problem_type"); // which only heads for whole texts have
    PretrainedFolder.write(folder, config, parameters(), tokenizer);
  }

  @Override
  protected String kind() {
    return "TokenClassifier(" + labels + ")";
  }
}
