package io.github.jaubert.bert;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.autograd.CapturedStep;
import io.github.jaubert.autograd.Checkpoint;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.ModelFolder;
import io.github.jaubert.bert.checkpoint.ModelNames;
import io.github.jaubert.bert.checkpoint.StateDict;
import io.github.jaubert.bert.tokenizer.TokenizerFiles;
import io.github.jaubert.nn.Block;
import io.github.jaubert.nn.F;
import io.github.jaubert.nn.Init;
import io.github.jaubert.nn.Layer;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntUnaryOperator;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * An encoder of packed sequences, in which nothing is padded: what heads and trainer need of any
 * architecture. An architecture says its embeddings and layers, and what differs from the defaults
 * here.
 *
 * <p>A new model is in training mode, one that was loaded in evaluation mode.
 */
public abstract class Encoder extends Block {
  private final List<EncoderLayer> layers = new ArrayList<>();
  private TokenizerFiles tokenizerFiles;
  private String source; // its name on a hub, or the absolute path of its folder; null: none
  private DType computeType = DType.F32;
  private boolean gradientCheckpointing;
  private Tensor anyParameter; // tells the device
  private final EncoderUse use = new EncoderUse();

  /** An encoder without parameters or children. */
  protected Encoder() {}

  // ---- what an architecture says ----

  /** The sizes and settings. */
  public abstract EncoderConfig config();

  /**
   * The hidden states before the first layer.
   *
   * @return {@code [tokens, hidden]} of {@link #computeType()}
   */
  protected abstract Tensor embed(TokenInputs inputs);

  /**
   * The row, in a table of biases that attention adds to its scores, for the place of a key less
   * that of its query; layers then attend by {@link TokenInputs#paddedAttention}. Null, as here:
   * the fused kernel computes attention.
   */
  protected IntUnaryOperator relativeBuckets() {
    return null;
  }

  /**
   * What encoders whose layers begin with a norm have behind the last one; others give {@code
   * hidden} itself, as this does.
   *
   * @param hidden {@code [rows, hidden]}
   */
  protected Tensor finalNorm(Tensor hidden) {
    return hidden;
  }

  /**
   * What lies in the encoder between first tokens and a classifier, such as BERT's pooler; others
   * give {@code firstTokens} itself, as this does.
   *
   * @param firstTokens F32 {@code [sequences, hidden]}; so is the result. The means of sequences if
   *     the config says {@link EncoderConfig#meanPooling}
   */
  protected Tensor pool(Tensor firstTokens) {
    return firstTokens;
  }

  /**
   * A new layer that lies beside the encoder, between {@link #pooled(TokenBatch)} and the dropout
   * of a classifier of whole texts, such as DistilBERT's {@code pre_classifier}; null, as here, if
   * there is none. Its children belong to the classifier, under the names that {@link
   * Architecture#headName(HeadType, String)} has for theirs.
   */
  protected Layer newClassifierTransform() {
    return null;
  }

  /**
   * The same before the dropout of a head for multiple choice; that of a classifier of whole texts,
   * as here, in most encoders.
   */
  protected Layer newChoiceTransform() {
    return newClassifierTransform();
  }

  /**
   * The same for heads that read tokens: before the dropout of a classifier of tokens, and before
   * the decoder of a head for masked tokens, where null, as here, stands for BERT's.
   */
  protected Layer newTokenTransform() {
    return null;
  }

  /**
   * {@code activation(dense(rows))} in a head for masked tokens that has BERT's layers; the
   * activation is {@link EncoderConfig#headActivation}, as here, unless no kernel has it.
   */
  protected Tensor activated(Linear dense, Tensor rows) {
    return dense.forward(rows, config().headActivation());
  }

  /**
   * First values of a matrix of this encoder, or of a head on it, from {@code Rng.global()}: normal
   * with {@code initializerRange}, as here. The caller closes them.
   *
   * @param name the parameter's
   */
  protected Tensor firstValues(String name, Shape shape) {
    return Init.normal((float) config().initializerRange(), shape.toArray());
  }

  /**
   * Gives a parameter of this encoder, or of a head on it, its first values: 0 for biases, 1 for
   * the scales of norms, those of {@link #firstValues} for matrices, and 0 for the embedding of
   * padding.
   */
  protected void initialise(Parameter parameter) {
    Tensor tensor = parameter.tensor();
    if (parameter.name().endsWith(".bias")) {
      tensor.fill(0);
    } else if (tensor.rank() == 1) {
      tensor.fill(1);
    } else {
      try (Tensor drawn = firstValues(parameter.name(), tensor.shape())) {
        tensor.copyFrom(drawn);
      }
      if (parameter.name().endsWith(architecture().wordEmbeddings())) {
        try (Scope scope = Scope.open()) {
          tensor
              .detach()
              .narrow(0, config().padTokenId(), 1)
              .fill(0); // shares the memory of the table
        }
      }
    }
  }

  /**
   * Adds the layers, in the order in which they compute, under the name that the architecture has
   * for them.
   *
   * @throws IllegalArgumentException if there is none, or another child has the name
   */
  protected final void addLayers(int count, Supplier<? extends EncoderLayer> newLayer) {
    if (count < 1) {
      throw new IllegalArgumentException(
          "an encoder of " + count + " layers; it must be at least 1");
    }
    Group around = new Group();
    for (int i = 0; i < count; i++) {
      layers.add(around.put(architecture().layers() + "." + i, newLayer.get()));
    }
    around.children().forEach(this::add);
  }

  /**
   * Adds layers of which some compute at several places, with the same parameters.
   *
   * @param parts each layer once, under its name in the architecture, and what else lies beside
   *     them
   * @param inOrder the layers in the order in which they compute, as often as they do
   */
  protected final void addSharedLayers(
      Map<String, ? extends Block> parts, List<? extends EncoderLayer> inOrder) {
    Group around = new Group();
    parts.forEach(around::put);
    layers.addAll(inOrder);
    around.children().forEach(this::add);
  }

  /**
   * Whether the encoder under a head has its pooler: what {@link HeadType#pooler} says, as here,
   * unless that head has layers of its own in this architecture.
   */
  protected boolean keepsPooler(HeadType head) {
    return head.pooler();
  }

  /**
   * The same encoder without the pooler, which is freed, for a head that reads the hidden states of
   * all tokens. All else belongs to the result from now on, and this one is not to be used any
   * more. Without a pooler it is this one, as here.
   */
  protected Encoder withoutPooler() {
    return this;
  }

  /** Takes over the layers of another encoder, and what was chosen for it, but no other child. */
  protected final void takeLayers(Encoder other) {
    other.use.passTo(use);
    layers.addAll(other.layers);
    String top = architecture().layers().split("\\.", 2)[0];
    add(top, other.children().get(top));
    tokenizerFiles = other.tokenizerFiles;
    source = other.source;
    computeType = other.computeType;
    gradientCheckpointing = other.gradientCheckpointing;
  }

  /** Refuses a child that a checkpoint would take for a head's. */
  final void requireParts() {
    for (String child : children().keySet()) {
      if (!architecture().parts().contains(child)) {
        throw new IllegalStateException(
            "%s: the child '%s' is not among the parts %s of the architecture"
                .formatted(architecture().name(), child, architecture().parts()));
      }
    }
  }

  /** How checkpoints call what this encoder has. */
  public final Architecture architecture() {
    return config().architecture();
  }

  // ---- making one ----

  /** A new encoder with first values, see {@link #initialise}. */
  public static Encoder of(EncoderConfig config) {
    return initialised(config.newEncoder());
  }

  /** Gives all parameters of a new encoder their first values. */
  protected static <E extends Encoder> E initialised(E encoder) {
    Encoder all = encoder;
    all.requireParts();
    all.parameters().forEach(all::initialise);
    return encoder;
  }

  /**
   * Loads a Hugging Face folder of any architecture in {@link Architectures}: config.json with
   * model.safetensors or its shards. The names may lack or have the prefix of the architecture;
   * heads are ignored. Parameters that the files lack are initialised; one warning lists them and
   * what was not used.
   *
   * @throws CheckpointException if a file is missing or damaged, the architecture is not known, or
   *     the weights do not fit config.json
   */
  public static Encoder fromPretrained(Path folder) {
    return load(folder, Architectures::readConfig, EncoderConfig::newEncoder);
  }

  /**
   * The same for a folder or the name of a model on a hub, such as {@code OWNER/NAME}, which is
   * fetched if need be, see {@link ModelNames#folder}.
   */
  public static Encoder fromPretrained(String folderOrName) {
    return fromPretrained(ModelNames.folder(folderOrName, true));
  }

  /**
   * Loads a Hugging Face folder.
   *
   * @param read reads config.json
   */
  protected static <C extends EncoderConfig, E extends Encoder> E load(
      Path folder, Function<ConfigJson, C> read, Function<C, E> newEncoder) {
    ModelFolder.recover(folder);
    ConfigJson json = ConfigJson.of(folder);
    C config = read.apply(json);
    try (StateDict weights = LoraFolder.openWeights(folder, config.architecture())) {
      E model = load(weights, config, () -> json.checked(() -> newEncoder.apply(config)));
      ((Encoder) model).tokenizerFiles = TokenizerFiles.readIfPresent(folder);
      ((Encoder) model).source(folder.toString());
      return model;
    }
  }

  /** Loads weights; the encoder is made once they are known to fit the config. */
  protected static <E extends Encoder> E load(
      StateDict weights, EncoderConfig config, Supplier<E> newEncoder) {
    CheckpointLoader loader = CheckpointLoader.of(config, weights, "");
    E model = newEncoder.get();
    try {
      loader.load(model, model);
    } catch (RuntimeException | Error e) {
      model.close();
      throw e;
    }
    model.eval();
    return model;
  }

  /**
   * The same encoder with another number of word embeddings, for tokens that its tokenizer has got,
   * as {@code resize_token_embeddings} of transformers. Rows that stay keep their bits; new ones
   * are the mean of all old ones, with a little of their covariance, from {@code Rng.global()}.
   * This one is closed, and of no use any more; nothing of the result is frozen.
   *
   * @param tokens from 1, and more than the id of padding
   * @throws IllegalArgumentException if there are fewer
   * @throws IllegalStateException if it has adapters, which are of its weights as they are
   */
  public final Encoder resizeTokenEmbeddings(int tokens) {
    requireUsable();
    if (tokens < 1 || tokens <= config().padTokenId()) {
      throw new IllegalArgumentException(
          "resizeTokenEmbeddings %d: the token of padding has the id %d"
              .formatted(tokens, config().padTokenId()));
    }
    if (LoraModel.isAdapted(this)) {
      throw new IllegalStateException("resizeTokenEmbeddings: the encoder has adapters");
    }
    ObjectNode json = config().toJson().put(architecture().field("vocab_size"), tokens);
    ConfigJson resized = ConfigJson.of("the resized encoder", json);
    Encoder result = resized.checked(() -> architecture().readConfig(resized).newEncoder());
    Map<String, Tensor> old = new LinkedHashMap<>();
    parameters().forEach(parameter -> old.put(parameter.name(), parameter.tensor()));
    if (!result.parameters().stream().allMatch(one -> old.containsKey(one.name()))) {
      result = result.withoutPooler();
    }
    for (Parameter parameter : result.parameters()) {
      float[] values = old.get(parameter.name()).toFloats();
      boolean words = parameter.name().equals(architecture().wordEmbeddings());
      parameter
          .tensor()
          .copyFrom(words ? AddedRows.resized(values, config().embeddingSize(), tokens) : values);
    }
    result.to(old.values().iterator().next().device());
    result.computeType(computeType).gradientCheckpointing(gradientCheckpointing);
    result.tokenizerFiles = tokenizerFiles;
    if (!training()) {
      result.eval();
    }
    close();
    return result;
  }

  // ---- using it ----

  @Override
  public Encoder to(Device device) {
    super.to(device);
    return this;
  }

  /**
   * Chooses what the encoder computes in: {@link DType#F32}, as it does unless said otherwise, or
   * {@link DType#BF16} (mixed precision, Micikevicius et al. 2018). With BF16 the hidden states and
   * all between them are BF16; parameters, their gradients, statistics and sums stay F32, and so
   * does what comes after the encoder, from the pooler on. Each weight of a matrix product keeps a
   * copy in BF16, 2 bytes a number, which AdamW and LAMB write along with it. {@link
   * Device#fastestType()} says where that is faster; elsewhere it is right, but slow.
   *
   * @return this model
   * @throws IllegalArgumentException if it is neither of the two
   */
  public Encoder computeType(DType dtype) {
    if (dtype != DType.F32 && dtype != DType.BF16) {
      throw new IllegalArgumentException("computeType: " + dtype + " is neither F32 nor BF16");
    }
    computeType = dtype;
    return this;
  }

  /** What the encoder computes in. */
  public DType computeType() {
    return computeType;
  }

  /**
   * Whether training keeps of each layer only what it was given, and computes the layer once more
   * on the way back (Chen et al. 2016): the memory of one layer instead of all, for about a third
   * more time, and the same bits. Not, unless said so.
   *
   * @return this model
   * @see Checkpoint
   */
  public Encoder gradientCheckpointing(boolean on) {
    gradientCheckpointing = on;
    return this;
  }

  /** Whether training computes each layer twice. */
  public boolean gradientCheckpointing() {
    return gradientCheckpointing;
  }

  /**
   * Encodes a batch.
   *
   * @throws IllegalArgumentException if a token id, a segment or a length is beyond what the model
   *     has
   */
  public EncoderOutput forward(TokenBatch batch) {
    TokenInputs inputs = inputs(batch);
    return new EncoderOutput(this, lastHidden(inputs), inputs.lengths(), null);
  }

  /**
   * The same of tensors that {@link #inputs} made.
   *
   * @throws IllegalArgumentException if another model made them
   */
  public EncoderOutput forward(TokenInputs inputs) {
    return new EncoderOutput(this, lastHidden(inputs), inputs.lengths(), inputs);
  }

  /**
   * The tensors of a batch on the device of this model; they belong to the innermost open scope, or
   * else to the caller.
   *
   * @throws IllegalArgumentException as {@link #forward(TokenBatch)}
   */
  public TokenInputs inputs(TokenBatch batch) {
    requireUsable();
    batch.requireWithin(config());
    if (anyParameter == null) {
      anyParameter = parameters().get(0).tensor();
    }
    return new TokenInputs(this, anyParameter.device(), batch);
  }

  /**
   * Other tokens in the places of a batch that any model made the tensors of, such as those that a
   * generator filled in; or the same ones, for another model to read. Positions and segments are
   * the tensors of {@code places}, which keeps them.
   *
   * @param inputIds I32 {@code [tokens]}, on the device of this model
   * @throws IllegalArgumentException if there are not as many as places, or a sequence is longer
   *     than this model has positions; an id or segment beyond what it has is an error when they
   *     are read
   */
  public TokenInputs inputs(TokenInputs places, Tensor inputIds) {
    requireUsable();
    int longest = places.lengths().maxLength();
    if (longest > config().maxPositionEmbeddings()) {
      throw new IllegalArgumentException(
          "a sequence of %d tokens for a model of %d positions"
              .formatted(longest, config().maxPositionEmbeddings()));
    }
    return new TokenInputs(this, places, inputIds);
  }

  /**
   * Why a step with this encoder cannot be a {@link CapturedStep}, in a message; null if it can. As
   * here, it can unless its attention has biases by distance, of which Java decides a part anew for
   * each batch.
   */
  protected String captureObstacle() {
    return relativeBuckets() == null ? null : "its attention is padded anew for each batch";
  }

  /** Whether a step with this encoder can be a {@link CapturedStep}. */
  public final boolean canBeCaptured() {
    return captureObstacle() == null;
  }

  /**
   * Refuses to be captured.
   *
   * @throws UnsupportedOperationException if it cannot be
   */
  public final void requireCapture() {
    if (!canBeCaptured()) {
      throw new UnsupportedOperationException(
          "%s: its steps cannot be recorded as graphs, since %s"
              .formatted(architecture().name(), captureObstacle()));
    }
  }

  private Tensor lastHidden(TokenInputs inputs) {
    return finalNorm(encode(inputs, layers));
  }

  /**
   * The hidden states of some tokens after the last layer, {@code [rows, hidden]} of {@link
   * #computeType}: those rows of {@link EncoderOutput#lastHidden}. What comes after the last
   * layer's attention is computed for these tokens only.
   *
   * @param rows I32 {@code [rows]}, on the device of this model
   * @throws IllegalArgumentException as {@link #forward(TokenInputs)} does
   */
  public Tensor lastHidden(TokenInputs inputs, Tensor rows) {
    int last = layers.size() - 1;
    Tensor x = encode(inputs, layers.subList(0, last));
    return finalNorm(inside(x, given -> layers.get(last).forwardRows(given, inputs, rows)));
  }

  /** The hidden states behind the first layers. */
  private Tensor encode(TokenInputs inputs, List<EncoderLayer> first) {
    requireUsable();
    inputs.requireMadeBy(this);
    Tensor x = embed(inputs);
    for (EncoderLayer layer : first) {
      x = inside(x, given -> layer.forward(given, inputs));
    }
    return x;
  }

  /**
   * The first token of each sequence as a classifier of whole texts reads it, F32 {@code
   * [sequences, hidden]}: through the pooler, if the encoder has one. What comes after the last
   * layer's attention is computed for these tokens only. It is the mean of all tokens if the config
   * says {@link EncoderConfig#meanPooling}.
   *
   * @throws IllegalArgumentException as {@link #forward(TokenBatch)} does, or if a sequence has no
   *     token
   */
  public Tensor pooled(TokenBatch batch) {
    return pooled(inputs(batch));
  }

  /** The same of tensors that {@link #inputs} made. */
  public Tensor pooled(TokenInputs inputs) {
    EncoderOutput.requireTokens(inputs.lengths());
    return config().meanPooling()
        ? poolMeans(lastHidden(inputs), inputs.lengths())
        : poolFirst(lastHidden(inputs, inputs.starts()));
  }

  /** From first tokens on, all is computed in F32. */
  final Tensor poolFirst(Tensor firstTokens) {
    return pool(firstTokens.to(DType.F32));
  }

  /** The same of the means of all tokens. */
  final Tensor poolMeans(Tensor hidden, PackedSequences lengths) {
    return pool(F.segmentMean(hidden, lengths));
  }

  /**
   * One layer. What it computes on the way, and what it was given, is freed behind it, or once its
   * backward has run.
   */
  private Tensor inside(Tensor x, UnaryOperator<Tensor> layer) {
    try (Scope inside = Scope.open();
        Tensor given = x) {
      boolean twice = gradientCheckpointing && training();
      return inside.keep(twice ? Checkpoint.run(layer::apply, given) : layer.apply(given));
    }
  }

  /**
   * The hidden states {@code [tokens, hidden]} of {@link #computeType} after the embeddings and
   * after each layer: one more than there are layers, of which the last is {@link
   * EncoderOutput#lastHidden}.
   */
  public List<Tensor> hiddenStates(TokenBatch batch) {
    return hiddenStates(inputs(batch));
  }

  /** The same of tensors that {@link #inputs} made. */
  public List<Tensor> hiddenStates(TokenInputs inputs) {
    requireUsable();
    inputs.requireMadeBy(this);
    List<Tensor> states = new ArrayList<>();
    states.add(embed(inputs));
    for (EncoderLayer layer : layers) {
      states.add(layer.forward(states.get(states.size() - 1), inputs));
    }
    int last = states.size() - 1;
    states.set(last, finalNorm(states.get(last)));
    return states;
  }

  // ---- saving ----

  /** The tokenizer files of the folder it was loaded from, or null. */
  final TokenizerFiles tokenizerFiles() {
    return tokenizerFiles;
  }

  /**
   * Writes a Hugging Face folder (config.json, model.safetensors, and the tokenizer files of the
   * folder it was loaded from) that {@code transformers} loads as the architecture's model without
   * a head. The files are replaced together or not at all.
   *
   * @throws CheckpointException if it cannot be written; an earlier model there is then untouched
   * @throws IllegalStateException if an adapter of a {@link LoraModel} adds to what it computes
   */
  public void save(Path folder) {
    save(folder, parameters(), tokenizerFiles);
  }

  /** The same with some of the parameters. */
  protected final void save(Path folder, List<Parameter> kept, TokenizerFiles tokenizer) {
    requireUsable();
    Set<Tensor> whole =
        LoraModel.wholeModel(this).stream().map(Parameter::tensor).collect(Collectors.toSet());
    PretrainedFolder.write(
        folder,
        kept.stream().filter(parameter -> whole.contains(parameter.tensor())).toList(),
        PretrainedFolder.besideWeights(PretrainedFolder.config(config(), "Model"), tokenizer));
  }

  /** What it was loaded from: its name on a hub, or its folder; or null. */
  final String source() {
    return source;
  }

  final void source(String folder) {
    source = ModelNames.of(Path.of(folder).toAbsolutePath().normalize().toString());
  }

  // ---- lifetime ----

  /** Frees the encoder. */
  @Override
  public void close() {
    use.end("it was closed");
    super.close();
  }

  /** Called before a model is closed, which frees this encoder. */
  final void closedWith(String model) {
    use.closedWith(model);
  }

  /** Refuses to be used when its memory is freed, and says why it is. */
  final void requireUsable() {
    use.require(kind());
  }
}
