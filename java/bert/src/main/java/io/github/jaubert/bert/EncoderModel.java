package io.github.jaubert.bert;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.AtomicFile;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.TensorFlowWeights;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.bert.tokenizer.TokenizerFiles;
import io.github.jaubert.nn.Block;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Function;

/**
 * An encoder with a head, such as Hugging Face's {@code BertForTokenClassification}: what loading,
 * saving, trainer and pipelines need of any. A head says its layers, what it computes, and by its
 * {@link HeadType} what config.json and checkpoints call it:
 *
 * <pre>{@code
 * final class SpanFinder extends EncoderModel<SpanFinder> {
 *   static final HeadType TYPE =
 *       new HeadType(
 *           SpanFinder.class, "QuestionAnswering", "questions", "qa_outputs.weight", false);
 *   private final Linear outputs;
 *
 *   private SpanFinder(Encoder encoder) {
 *     super(TYPE, encoder);
 *     outputs = add("qa_outputs", EncoderLayer.linear(config().hiddenSize(), 2));
 *   }
 *
 *   static SpanFinder of(Encoder encoder) {
 *     return new SpanFinder(encoder).initialiseHead();
 *   }
 *
 *   static SpanFinder fromPretrained(Path folder) {
 *     return load(folder, TYPE, SpanFinder::new);
 *   }
 *
 *   public Tensor forward(TokenInputs inputs) {
 *     return outputs.forward(encoder().forward(inputs).lastHidden().to(DType.F32));
 *   }
 * }
 * }</pre>
 *
 * <p>The encoder's parameters are called as in its own checkpoints behind the prefix of its
 * architecture ({@code bert.…}), the head's by the names of its layers. A new model is in training
 * mode, one that was loaded in evaluation mode.
 *
 * @param <M> the class of the head itself
 */
public abstract class EncoderModel<M extends EncoderModel<M>> extends Block {
  private final HeadType type;
  private final Encoder encoder;
  private TokenizerFiles tokenizerFiles;

  /**
   * A model without a head's layers yet.
   *
   * @param encoder belongs to this model from now on; it loses its pooler if the type has no use
   *     for one
   */
  protected EncoderModel(HeadType type, Encoder encoder) {
    this.type = type;
    this.encoder =
        add(
            encoder.architecture().prefix(),
            encoder.keepsPooler(type) ? encoder : encoder.withoutPooler());
    tokenizerFiles = this.encoder.tokenizerFiles();
  }

  // ---- what a head says ----

  /**
   * Computes what the head gives.
   *
   * @param inputs tensors that {@link Encoder#inputs} of this model's encoder made
   * @throws IllegalArgumentException if another model made them
   */
  public abstract Tensor forward(TokenInputs inputs);

  /** Puts what else belongs to the head into config.json, such as labels; nothing, as here. */
  protected void writeConfig(ObjectNode json) {}

  /** Reads what {@link #writeConfig} wrote, once the weights are loaded; nothing, as here. */
  protected void readConfig(ConfigJson json) {}

  /**
   * Parameters that a file may hold once more under another name, as it does where weights are
   * tied: the name of each copy and that of the parameter; none, as here. A copy stands in for a
   * parameter that is missing; one with other values is refused.
   */
  protected Map<String, String> copies() {
    return Map.of();
  }

  /**
   * Files that lie beside those of every model, by their paths in the folder; none, as here.
   *
   * @param tokenizer null if there is none
   */
  Map<String, AtomicFile.Content> moreFiles(TokenizerFiles tokenizer) {
    return Map.of();
  }

  // ---- making one ----

  /**
   * Gives the head's parameters their first values, see {@link Encoder#initialise}.
   *
   * @return this model
   */
  protected final M initialiseHead() {
    for (Parameter parameter : parameters()) {
      if (!parameter.name().startsWith(encoder.architecture().prefix() + ".")) {
        encoder.initialise(parameter);
      }
    }
    return self();
  }

  /**
   * Loads a Hugging Face folder, to be used as it is: all its weights must be there.
   *
   * @param newModel makes a model whose head has no values yet
   * @throws CheckpointException if a file is missing or damaged, the weights do not fit
   *     config.json, a parameter is missing, or there is no head or one of another kind
   */
  protected static <M extends EncoderModel<M>> M load(
      Path folder, HeadType type, Function<Encoder, M> newModel) {
    try (HeadFolder from = HeadFolder.open(folder, type)) {
      return from.load(
          newModel, true, type.model().getSimpleName() + ".of(Encoder.fromPretrained(folder))");
    }
  }

  /**
   * Loads a checkpoint that Google's TensorFlow wrote, to be used as it is.
   *
   * @param path see {@link TensorFlowWeights#open}
   * @throws CheckpointException as {@link #load} does
   */
  static <M extends EncoderModel<M>> M loadTensorFlow(
      Path path, HeadType type, Function<Encoder, M> newModel) {
    TensorFlowWeights weights = TensorFlowWeights.open(path);
    try (weights) {
      ConfigJson json = ConfigJson.of(weights.source(), weights.config());
      try (HeadFolder from = HeadFolder.of(weights.source(), type, json, weights, () -> null)) {
        return from.load(
            newModel, true, type.model().getSimpleName() + ".of(Bert.fromTensorFlow(path))");
      }
    }
  }

  /**
   * Loads a Hugging Face folder to train it further. What it lacks is initialised, and all of the
   * head if that in the folder is of another kind; one warning says so.
   *
   * @param newModel makes a model whose head has no values yet
   * @throws CheckpointException if a file is missing or damaged, or the weights do not fit
   *     config.json
   */
  protected static <M extends EncoderModel<M>> M loadForTraining(
      Path folder, HeadType type, Function<Encoder, M> newModel) {
    try (HeadFolder from = HeadFolder.open(folder, type)) {
      return from.load(newModel, !from.hasOtherHead(), null);
    }
  }

  /** Called when the weights are loaded. */
  final void loaded(ConfigJson json, TokenizerFiles files, String source) {
    tokenizerFiles = files;
    encoder.source(source);
    readConfig(json);
  }

  @SuppressWarnings("unchecked") // by the bound of M, which a head gives as itself
  private M self() {
    return (M) this;
  }

  // ---- using it ----

  @Override
  public final M to(Device device) {
    super.to(device);
    return self();
  }

  /**
   * Chooses what the encoder computes in, see {@link Encoder#computeType(DType)}; what the head
   * gives, and losses, are F32 always.
   *
   * @return this model
   */
  public final M computeType(DType dtype) {
    encoder.computeType(dtype);
    return self();
  }

  /** What the encoder computes in. */
  public final DType computeType() {
    return encoder.computeType();
  }

  /** The encoder; it has no pooler if the head has no use for one. */
  public final Encoder encoder() {
    return encoder;
  }

  /** The sizes and settings of the encoder. */
  public final EncoderConfig config() {
    return encoder.config();
  }

  /**
   * Computes what the head gives for a batch, see {@link #forward(TokenInputs)}.
   *
   * @throws IllegalArgumentException as {@link Encoder#forward(TokenBatch)} does
   */
  public final Tensor forward(TokenBatch batch) {
    return forward(encoder.inputs(batch));
  }

  // ---- saving ----

  /**
   * Has {@link #save(Path)} write the files of this tokenizer, its maximum length included. A
   * trainer calls it with the tokenizer that cut its texts.
   *
   * @return this model
   */
  public final M saveWith(Tokenizer tokenizer) {
    tokenizerFiles = tokenizer.files();
    return self();
  }

  /**
   * Writes a Hugging Face folder that {@code transformers} loads as the class that the {@link
   * HeadType} names: config.json, model.safetensors and, if it was loaded from a folder that has
   * them or {@link #saveWith} gave them, the tokenizer files. They are replaced together or not at
   * all; other files in the folder stay.
   *
   * @throws CheckpointException if it cannot be written; an earlier model there is then untouched
   * @throws IllegalStateException if an adapter of a {@link LoraModel} adds to what it computes
   */
  public final void save(Path folder) {
    write(folder, tokenizerFiles, Map.of());
  }

  /**
   * The same with files of a model around this one.
   *
   * @param around by their paths in the folder
   */
  final void saveWithin(Path folder, Map<String, AtomicFile.Content> around) {
    write(folder, tokenizerFiles, around);
  }

  /** The same with the files of a tokenizer. */
  public final void save(Path folder, Tokenizer tokenizer) {
    write(folder, tokenizer.files(), Map.of());
  }

  private void write(
      Path folder, TokenizerFiles tokenizer, Map<String, AtomicFile.Content> around) {
    encoder.requireUsable();
    Map<String, AtomicFile.Content> files = filesBesideWeights(tokenizer);
    files.putAll(around);
    PretrainedFolder.write(folder, LoraModel.wholeModel(isEncoderAlone() ? encoder : this), files);
  }

  /** What lies beside the weights in a folder of this model. */
  final Map<String, AtomicFile.Content> filesBesideWeights() {
    return filesBesideWeights(tokenizerFiles);
  }

  private Map<String, AtomicFile.Content> filesBesideWeights(TokenizerFiles tokenizer) {
    ObjectNode json =
        PretrainedFolder.config(config(), isEncoderAlone() ? "Model" : "For" + type.name());
    writeConfig(json);
    Map<String, AtomicFile.Content> files = PretrainedFolder.besideWeights(json, tokenizer);
    files.putAll(moreFiles(tokenizer));
    return files;
  }

  /**
   * Whether the weights in its folders are those of an encoder alone, whose parameters have no
   * prefix; what its head has of its own is then among {@link #moreFiles}.
   */
  boolean isEncoderAlone() {
    return type.weight() == null;
  }

  /** The files of the tokenizer that are saved with it; null if there are none. */
  final TokenizerFiles tokenizerFiles() {
    return tokenizerFiles;
  }

  /** The kind of head. */
  final HeadType type() {
    return type;
  }

  /** Frees the encoder and the head. Another model over the same encoder is then of no use. */
  @Override
  public void close() {
    encoder.closedWith(kind());
    super.close();
  }
}
