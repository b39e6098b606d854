package io.github.jaubert.bert;

import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.ModelFolder;
import io.github.jaubert.bert.checkpoint.OnnxWeights;
import io.github.jaubert.bert.checkpoint.SafeTensors;
import io.github.jaubert.bert.checkpoint.StateDict;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.bert.tokenizer.TokenizerFiles;
import io.github.jaubert.nn.Block;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The encoder of Devlin et al. 2019 with Hugging Face's arithmetic and parameter names ({@code
 * encoder.layer.0.attention.self.query.weight}), on packed sequences: nothing is padded.
 *
 * <p>A new model is in training mode, one that was loaded in evaluation mode.
 */
public final class Bert extends Block {
  private final BertConfig config;
  private final BertEmbeddings embeddings;
  private final List<BertLayer> layers = new ArrayList<>();
  private final Linear pooler;
  private TokenizerFiles tokenizerFiles;
  private DType computeType = DType.F32;

  /** A model whose parameters have no sensible values yet. */
  Bert(BertConfig config) {
    this.config = config;
    embeddings = add("embeddings", new BertEmbeddings(config));
    Group stack = new Group();
    for (int i = 0; i < config.numHiddenLayers(); i++) {
      layers.add(stack.put(Integer.toString(i), new BertLayer(config)));
    }
    add("encoder", new Group()).put("layer", stack);
    pooler = BertLayer.linear(config.hiddenSize(), config.hiddenSize());
    add("pooler", new Group()).put("dense", pooler);
  }

  /** A block that only gives a name to others. */
  private static final class Group extends Block {
    <B extends Block> B put(String name, B child) {
      return add(name, child);
    }
  }

  // ---- making one ----

  /**
   * A new model: weights normal with {@code initializerRange} from {@code Rng.global()}, biases 0,
   * LayerNorm 1 and 0.
   */
  public static Bert of(BertConfig config) {
    Bert model = new Bert(config);
    BertInit.all(model, config);
    return model;
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
    ModelFolder.recover(folder);
    BertConfig config = BertConfig.fromPretrained(folder);
    try (StateDict weights = SafeTensors.openFolder(folder)) {
      Bert model = load(config, weights);
      model.tokenizerFiles = TokenizerFiles.readIfPresent(folder);
      return model;
    }
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
      return load(BertConfigJson.readConfig(weights.source(), weights.config()), weights);
    }
  }

  /**
   * The same from a stream, such as a class path resource, which is read to its end and not closed.
   *
   * @param name what the stream is called in messages
   */
  public static Bert fromOnnx(String name, InputStream stream) {
    try (OnnxWeights weights = OnnxWeights.read(name, stream)) {
      return load(BertConfigJson.readConfig(weights.source(), weights.config()), weights);
    }
  }

  private static Bert load(BertConfig config, StateDict weights) {
    BertLoader loader = BertLoader.of(config, weights, "");
    Bert model = new Bert(config);
    try {
      loader.load(model);
    } catch (RuntimeException | Error e) {
      model.close();
      throw e;
    }
    model.eval();
    return model;
  }

  // ---- using it ----

  @Override
  public Bert to(Device device) {
    super.to(device);
    return this;
  }

  /** The sizes and settings. */
  public BertConfig config() {
    return config;
  }

  /**
   * Chooses what the encoder computes in: {@link DType#F32}, as it does unless said otherwise, or
   * on a GPU {@link DType#BF16} (mixed precision, Micikevicius et al. 2018). With BF16 the hidden
   * states and all between them are BF16; parameters, their gradients, statistics and sums stay
   * F32, and so does what comes after the encoder, from the pooler on. Each weight of a matrix
   * product keeps a copy in BF16, 2 bytes a number, which AdamW and LAMB write along with it.
   *
   * @return this model
   * @throws IllegalArgumentException if it is neither of the two; {@link #forward} then throws
   *     {@link UnsupportedOperationException} if the model is on the CPU and it is not F32
   */
  public Bert computeType(DType type) {
    if (type != DType.F32 && type != DType.BF16) {
      throw new IllegalArgumentException("computeType: " + type + " is neither F32 nor BF16");
    }
    computeType = type;
    return this;
  }

  /** What the encoder computes in. */
  public DType computeType() {
    return computeType;
  }

  /**
   * Encodes a batch.
   *
   * @throws IllegalArgumentException if a token id, a segment or a length is beyond what the model
   *     has
   */
  public BertOutput forward(TokenBatch batch) {
    TokenInputs inputs = inputs(batch);
    return new BertOutput(encode(inputs, layers), inputs.lengths(), null, pooler);
  }

  /**
   * The same of tensors that {@link #inputs} made.
   *
   * @throws IllegalArgumentException if another model made them
   */
  public BertOutput forward(TokenInputs inputs) {
    return new BertOutput(encode(inputs, layers), inputs.lengths(), inputs, pooler);
  }

  /**
   * The tensors of a batch on the device of this model; they belong to the innermost open scope, or
   * else to the caller.
   *
   * @throws IllegalArgumentException as {@link #forward(TokenBatch)}
   */
  public TokenInputs inputs(TokenBatch batch) {
    check(batch);
    return new TokenInputs(this, pooler.weight().device(), batch);
  }

  /** The hidden states behind the first layers. */
  private Tensor encode(TokenInputs inputs, List<BertLayer> first) {
    inputs.requireMadeBy(this);
    Tensor x = embeddings.forward(inputs, computeType);
    for (BertLayer layer : first) {
      x = inside(x, given -> layer.forward(given, inputs.lengths()));
    }
    return x;
  }

  /**
   * The pooled output alone, {@code [sequences, hidden]}, see {@link BertOutput#pooled}: what comes
   * after the last layer's attention is computed for the first token of each sequence only.
   *
   * @throws IllegalArgumentException as {@link #forward(TokenBatch)} does, or if a sequence has no
   *     token
   */
  public Tensor pooled(TokenBatch batch) {
    return pooled(inputs(batch));
  }

  /** The same of tensors that {@link #inputs} made. */
  public Tensor pooled(TokenInputs inputs) {
    BertOutput.requireTokens(inputs.lengths());
    int last = layers.size() - 1;
    Tensor x = encode(inputs, layers.subList(0, last));
    x = inside(x, given -> layers.get(last).forward(given, inputs.lengths(), inputs.starts()));
    return BertOutput.pool(pooler, x);
  }

  /**
   * One layer. What it computes on the way, and what it was given, is freed behind it, or once its
   * backward has run.
   */
  private static Tensor inside(Tensor x, UnaryOperator<Tensor> layer) {
    try (Scope inside = Scope.open();
        Tensor given = x) {
      return inside.keep(layer.apply(given));
    }
  }

  /**
   * The hidden states {@code [tokens, hidden]} of {@link #computeType} after the embeddings and
   * after each layer: one more than there are layers.
   */
  public List<Tensor> hiddenStates(TokenBatch batch) {
    List<Tensor> states = new ArrayList<>();
    states.add(embeddings.forward(inputs(batch), computeType));
    for (BertLayer layer : layers) {
      states.add(layer.forward(states.get(states.size() - 1), batch.lengths()));
    }
    return states;
  }

  /** Refuses numbers beyond what the model has. */
  void check(TokenBatch batch) {
    if (batch.lengths().maxLength() > config.maxPositionEmbeddings()) {
      throw new IllegalArgumentException(
          "a sequence of "
              + batch.lengths().maxLength()
              + " tokens: the model has "
              + config.maxPositionEmbeddings()
              + " positions");
    }
    checkRange("token id", batch.inputIds(), config.vocabSize());
    checkRange("token type id", batch.tokenTypeIds(), config.typeVocabSize());
  }

  private static void checkRange(String what, int[] values, int bound) {
    for (int i = 0; i < values.length; i++) {
      if (values[i] < 0 || values[i] >= bound) {
        throw new IllegalArgumentException(
            what + " " + values[i] + " at row " + i + ": the model has 0 to " + (bound - 1));
      }
    }
  }

  // ---- saving ----

  /** The tokenizer files of the folder it was loaded from, or null. */
  TokenizerFiles tokenizerFiles() {
    return tokenizerFiles;
  }

  /**
   * Writes a Hugging Face folder (config.json, model.safetensors, and the tokenizer files of the
   * folder it was loaded from) that {@code transformers} loads as a BertModel. The files are
   * replaced together or not at all.
   *
   * @throws CheckpointException if it cannot be written; an earlier model there is then untouched
   */
  public void save(Path folder) {
    save(folder, parameters(), tokenizerFiles);
  }

  /**
   * The same without the pooler, for an encoder that came without one and whose pooler nobody
   * trained: who loads the folder is told that it is missing, and does not take random numbers for
   * weights. It is what {@code BertModel(config, add_pooling_layer=False)} saves.
   *
   * @param tokenizer whose files are put beside the weights
   * @throws CheckpointException if it cannot be written; an earlier model there is then untouched
   */
  public void saveWithoutPooler(Path folder, Tokenizer tokenizer) {
    List<Parameter> kept =
        parameters().stream().filter(parameter -> !parameter.name().startsWith("pooler.")).toList();
    save(folder, kept, tokenizer.files());
  }

  private void save(Path folder, List<Parameter> kept, TokenizerFiles tokenizer) {
    PretrainedFolder.write(folder, BertConfigJson.write(config, "BertModel"), kept, tokenizer);
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
