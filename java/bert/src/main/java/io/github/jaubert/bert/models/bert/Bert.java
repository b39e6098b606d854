package io.github.jaubert.bert.models.bert;

import io.github.jaubert.bert.Architecture;
import io.github.jaubert.bert.ConfigJson;
import io.github.jaubert.bert.Encoder;
import io.github.jaubert.bert.TokenEmbeddings;
import io.github.jaubert.bert.TokenInputs;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.ModelNames;
import io.github.jaubert.bert.checkpoint.OnnxWeights;
import io.github.jaubert.bert.checkpoint.TensorFlowWeights;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Tensor;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;

/**
 * The encoder of Devlin et al. 2019 with Hugging Face's arithmetic and parameter names ({@code
 * encoder.layer.0.attention.self.query.weight}), on packed sequences: nothing is padded.
 *
 * <p>A new model is in training mode, one that was loaded in evaluation mode.
 */
public final class Bert extends Encoder {
  /** BERT's names in Hugging Face's checkpoints. */
  public static final Architecture ARCHITECTURE = new BertArchitecture();

  private final BertConfig config;
  private final TokenEmbeddings embeddings;
  private final BertPooler pooler; // null: there is none

  /** A model whose parameters have no sensible values yet. */
  Bert(BertConfig config) {
    this.config = config;
    embeddings =
        add(
            "embeddings",
            new TokenEmbeddings(config, config.layerNormEps(), config.hiddenDropoutProb()));
    addLayers(config.numHiddenLayers(), () -> new BertLayer(config));
    pooler = add("pooler", new BertPooler(config.hiddenSize()));
  }

  /** One with the embeddings and layers of another, and no pooler. */
  private Bert(Bert other) {
    config = other.config;
    embeddings = add("embeddings", other.embeddings);
    takeLayers(other);
    pooler = null;
  }

  // ---- making one ----

  /**
   * A new model: weights normal with {@code initializerRange} from {@code Rng.global()}, biases 0,
   * LayerNorm 1 and 0.
   */
  public static Bert of(BertConfig config) {
    return initialised(new Bert(config));
  }

  /**
   * Loads a Hugging Face folder: config.json with model.safetensors or its shards. The names may
   * lack or have the prefix {@code bert.} and end in LayerNorm.gamma and beta; heads are ignored.
   * Parameters that the files lack are initialised; one warning lists them and what was not used.
   *
   * @throws CheckpointException if a file is missing or damaged, or the weights do not fit
   *     config.json
   */
  public static Bert fromPretrained(Path folder) {
    return load(folder, BertConfig::read, BertConfig::newEncoder);
  }

  /**
   * The same for a folder or the name of a model on a hub, such as {@code OWNER/NAME}, which is
   * fetched if need be, see {@link ModelNames#folder}.
   */
  public static Bert fromPretrained(String folderOrName) {
    return fromPretrained(ModelNames.folder(folderOrName, true));
  }

  /**
   * Loads the ONNX file of a BERT; what the file does not tell (dropout, the padding token) has
   * BERT's usual values. Most such files hold no pooler: it is then a new one, from {@code
   * Rng.global()}, to be trained before use.
   *
   * @throws CheckpointException if it cannot be read or is not the ONNX file of a BERT in floating
   *     point
   */
  public static Bert fromOnnx(Path file) {
    try (OnnxWeights weights = OnnxWeights.open(file)) {
      return load(weights);
    }
  }

  /**
   * The same from a stream, such as a class path resource, which is read to its end and not closed.
   *
   * @param name what the stream is called in messages
   */
  public static Bert fromOnnx(String name, InputStream stream) {
    try (OnnxWeights weights = OnnxWeights.read(name, stream)) {
      return load(weights);
    }
  }

  private static Bert load(OnnxWeights weights) {
    BertConfig config = BertConfig.read(ConfigJson.of(weights.source(), weights.config()));
    return load(weights, config, config::newEncoder);
  }

  /**
   * Loads a checkpoint of TensorFlow, as Google published BERT, with its pooler; heads are ignored.
   *
   * @param path see {@link TensorFlowWeights#open}
   * @throws CheckpointException if a file is missing, truncated or damaged, or it is no BERT's
   */
  public static Bert fromTensorFlow(Path path) {
    try (TensorFlowWeights weights = TensorFlowWeights.open(path)) {
      BertConfig config = BertConfig.read(ConfigJson.of(weights.source(), weights.config()));
      return load(weights, config, config::newEncoder);
    }
  }

  // ---- what it is made of ----

  @Override
  public BertConfig config() {
    return config;
  }

  @Override
  protected Tensor embed(TokenInputs inputs) {
    return embeddings.forward(inputs, computeType());
  }

  @Override
  protected Bert withoutPooler() {
    if (pooler == null) {
      return this;
    }
    pooler.close();
    Bert rest = new Bert(this);
    if (!training()) {
      rest.eval();
    }
    return rest;
  }

  /**
   * {@code tanh(dense(x))}.
   *
   * @throws IllegalStateException if there is no pooler, as under a head for tokens
   */
  @Override
  protected Tensor pool(Tensor firstTokens) {
    if (pooler == null) {
      throw new IllegalStateException("pooled: the encoder of a head for tokens has no pooler");
    }
    return pooler.forward(firstTokens);
  }

  // ---- using it ----

  @Override
  public Bert to(Device device) {
    super.to(device);
    return this;
  }

  @Override
  public Bert computeType(DType dtype) {
    super.computeType(dtype);
    return this;
  }

  /**
   * Saves without the pooler, for an encoder that came without one and whose pooler nobody trained:
   * who loads the folder is told that it is missing, and does not take random numbers for weights.
   * It is what {@code BertModel(config, add_pooling_layer=False)} saves.
   *
   * @param tokenizer whose files are put beside the weights
   * @throws CheckpointException if it cannot be written; an earlier model there is then untouched
   */
  public void saveWithoutPooler(Path folder, Tokenizer tokenizer) {
    List<Parameter> kept =
        parameters().stream().filter(parameter -> !parameter.name().startsWith("pooler.")).toList();
    save(folder, kept, tokenizer.files());
  }

  @Override
  protected String kind() {
    return "Bert("
        + config.numHiddenLayers()
        + " layers, hidden "
        + config.hiddenSize()
        + ", heads "
        + config.numAttentionHeads()
        + ")";
  }
}
