package io.github.jaubert.bert.models.modernbert;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.Architecture;
import io.github.jaubert.bert.ConfigJson;
import io.github.jaubert.bert.EncoderConfig;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.nn.Activation;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * The sizes and settings of a ModernBERT, named as in Hugging Face's config.json. Immutable.
 *
 * @param vocabSize rows of the word embeddings
 * @param hiddenSize width of the hidden states; an even multiple of numAttentionHeads
 * @param intermediateSize width inside the feed-forward part, whose first matrix is twice as wide
 * @param numAttentionHeads attention heads of each layer
 * @param maxPositionEmbeddings the longest sequence; positions have no parameters
 * @param layerTypes what each layer sees: {@code full_attention} or {@code sliding_attention}
 * @param localAttention how many tokens a layer with a sliding window sees: half of them, rounded
 *     down, to either side
 * @param globalRopeTheta wavelength parameter of the rotation in layers that see all
 * @param localRopeTheta the same in layers with a sliding window
 * @param normEps what norms add to the variance
 * @param normBias whether norms have a shift
 * @param attentionBias whether the matrices of attention have biases
 * @param mlpBias whether those of the feed-forward part have
 * @param classifierBias whether the matrix that all heads begin with has
 * @param decoderBias whether a head for masked tokens has one for each token
 * @param embeddingDropout dropout of the embeddings
 * @param attentionDropout dropout of the attention weights, and of what attention gives
 * @param mlpDropout dropout inside the feed-forward part
 * @param classifierDropout dropout before a classifier
 * @param classifierActivation in all heads: {@code gelu}, {@code gelu_new}, {@code
 *     gelu_pytorch_tanh} or {@code relu}
 * @param classifierPooling what a classifier of whole texts reads: {@code cls}, the first token, or
 *     {@code mean}, that of all
 * @param initializerRange deviation of the normal distribution that weights start from
 * @param initializerCutoffFactor how many deviations they are from 0 at most, from 0.5
 * @param padTokenId the token whose embedding starts at zero
 * @param clsTokenId the token that texts begin with, for others to read; null: not said
 * @param sepTokenId the token that they end with, for others to read; null: not said
 */
public record ModernBertConfig(
    int vocabSize,
    int hiddenSize,
    int intermediateSize,
    int numAttentionHeads,
    int maxPositionEmbeddings,
    List<String> layerTypes,
    int localAttention,
    double globalRopeTheta,
    double localRopeTheta,
    double normEps,
    boolean normBias,
    boolean attentionBias,
    boolean mlpBias,
    boolean classifierBias,
    boolean decoderBias,
    double embeddingDropout,
    double attentionDropout,
    double mlpDropout,
    double classifierDropout,
    String classifierActivation,
    String classifierPooling,
    double initializerRange,
    double initializerCutoffFactor,
    int padTokenId,
    Integer clsTokenId,
    Integer sepTokenId)
    implements EncoderConfig {
  private static final String GLOBAL = "full_attention";
  private static final String LOCAL = "sliding_attention";

  /** Checks the values. */
  public ModernBertConfig {
    layerTypes = List.copyOf(layerTypes);
    ConfigJson.atLeastOne("vocab_size", vocabSize);
    ConfigJson.atLeastOne("num_hidden_layers", layerTypes.size());
    ConfigJson.atLeastOne("intermediate_size", intermediateSize);
    ConfigJson.atLeastOne("max_position_embeddings", maxPositionEmbeddings);
    ConfigJson.atLeastOne("local_attention", localAttention);
    ConfigJson.multiple("hidden_size", hiddenSize, "num_attention_heads", numAttentionHeads);
    require(
        hiddenSize / numAttentionHeads % 2 == 0,
        "hidden_size %d in %d heads makes heads of %d; rotary positions need an even size"
            .formatted(hiddenSize, numAttentionHeads, hiddenSize / numAttentionHeads));
    for (String type : layerTypes) {
      require(
          type.equals(GLOBAL) || type.equals(LOCAL),
          "layer_types has '" + type + "'; only " + GLOBAL + " and " + LOCAL + " are known");
    }
    theta("global_rope_theta", globalRopeTheta);
    theta("local_rope_theta", localRopeTheta);
    ConfigJson.activation("classifier_activation", classifierActivation);
    require(
        classifierPooling.equals("cls") || classifierPooling.equals("mean"),
        "classifier_pooling '" + classifierPooling + "' is neither cls nor mean");
    ConfigJson.probability("embedding_dropout", embeddingDropout);
    ConfigJson.probability("attention_dropout", attentionDropout);
    ConfigJson.probability("mlp_dropout", mlpDropout);
    ConfigJson.probability("classifier_dropout", classifierDropout);
    require(
        initializerRange >= 0 && normEps >= 0,
        "initializer_range "
            + initializerRange
            + " and norm_eps "
            + normEps
            + " must not be negative");
    require(
        initializerCutoffFactor >= 0.5,
        "initializer_cutoff_factor " + initializerCutoffFactor + " must be at least 0.5");
    ConfigJson.padding(padTokenId, vocabSize);
  }

  private static void theta(String field, double value) {
    require(
        value > 0 && value < Double.POSITIVE_INFINITY,
        field + " is " + value + "; it must be finite and above 0");
  }

  private static void require(boolean holds, String message) {
    if (!holds) {
      throw new IllegalArgumentException(message);
    }
  }

  /**
   * ModernBERT-base of Warner et al. 2024: 22 layers, hidden size 768, 12 heads, 149 million
   * parameters.
   */
  public static ModernBertConfig modernBertBase() {
    return of(ConfigJson.of("config.json", JsonFiles.object()));
  }

  /**
   * The same with an encoder of another size, of whose layers the first and every third after it
   * see whole sequences.
   */
  public ModernBertConfig withEncoder(int hidden, int layers, int heads, int intermediate) {
    return with(
        json -> {
          json.put("hidden_size", hidden).put("num_hidden_layers", layers);
          json.put("num_attention_heads", heads).put("intermediate_size", intermediate);
          json.remove(List.of("layer_types", "global_attn_every_n_layers"));
        });
  }

  /**
   * The same with another vocabulary.
   *
   * @param pad the token of padding
   * @param cls the token that texts begin with, or null
   * @param sep the token that they end with, or null
   */
  public ModernBertConfig withVocabulary(int size, int pad, Integer cls, Integer sep) {
    return with(
        json -> {
          json.put("vocab_size", size).put("pad_token_id", pad);
          json.put("cls_token_id", cls).put("sep_token_id", sep);
        });
  }

  /** The same for sequences of up to so many tokens. */
  public ModernBertConfig withMaxPositions(int tokens) {
    return with(json -> json.put("max_position_embeddings", tokens));
  }

  /** The same with one dropout everywhere. */
  public ModernBertConfig withDropout(double p) {
    return with(
        json -> {
          json.put("embedding_dropout", p).put("attention_dropout", p);
          json.put("mlp_dropout", p).put("classifier_dropout", p);
        });
  }

  private ModernBertConfig with(Consumer<ObjectNode> change) {
    ObjectNode json = toJson();
    change.accept(json);
    return of(ConfigJson.of("config.json", json));
  }

  // ---- what the encoder reads ----

  @Override
  public int numHiddenLayers() {
    return layerTypes.size();
  }

  /** Whether a layer, counted from 0, sees whole sequences. */
  public boolean isGlobal(int layer) {
    return layerTypes.get(layer).equals(GLOBAL);
  }

  @Override
  public double layerNormEps() {
    return normEps;
  }

  /** {@link #classifierActivation} as heads take it. */
  @Override
  public Activation headActivation() {
    return ConfigJson.activation("classifier_activation", classifierActivation);
  }

  @Override
  public boolean meanPooling() {
    return classifierPooling.equals("mean");
  }

  @Override
  public double classifierDropoutProb() {
    return classifierDropout;
  }

  @Override
  public Architecture architecture() {
    return ModernBert.ARCHITECTURE;
  }

  @Override
  public ModernBert newEncoder() {
    return new ModernBert(this);
  }

  @Override
  public List<StoredSize> storedSizes() {
    List<StoredSize> sizes = new ArrayList<>(EncoderConfig.super.storedSizes());
    sizes.add(new StoredSize("layers.0.mlp.Wo.weight", 1, "intermediate_size", intermediateSize));
    return sizes;
  }

  @Override
  public double parameterCount() {
    double width = hiddenSize;
    double inner = intermediateSize;
    double norm = normBias ? 2 * width : width;
    double attention = 4 * width * width + (attentionBias ? 4 * width : 0);
    double feedForward = 3 * width * inner + (mlpBias ? 2 * inner + width : 0);
    double layers = numHiddenLayers() * (attention + feedForward + 2 * norm);
    return vocabSize * width + layers + norm; // the first layer lacks one, embeddings have one
  }

  // ---- config.json ----

  /**
   * Reads config.json of a Hugging Face folder.
   *
   * @throws CheckpointException if it is missing, is no ModernBERT's, or has a value that is not
   *     possible
   */
  public static ModernBertConfig fromPretrained(Path folder) {
    return read(ConfigJson.of(folder));
  }

  /**
   * The same of fields that were read; a missing one has Hugging Face's default. What transformers
   * before version 5 wrote is read, too: {@code global_attn_every_n_layers}, {@code
   * global_rope_theta} and {@code local_rope_theta}.
   */
  public static ModernBertConfig read(ConfigJson json) {
    json.mustBe("model_type", "modernbert", "only ModernBERT is read here");
    json.mustBe("hidden_activation", "gelu", "only gelu is supported in gated layers");
    return json.checked(() -> of(json));
  }

  private static ModernBertConfig of(ConfigJson json) {
    require(json.isAbsent("rope_scaling"), "rope_scaling is not supported");
    return new ModernBertConfig(
        json.integer("vocab_size", 50368),
        json.integer("hidden_size", 768),
        json.integer("intermediate_size", 1152),
        json.integer("num_attention_heads", 12),
        json.integer("max_position_embeddings", 8192),
        layerTypes(json),
        json.integer("local_attention", 128),
        theta(json, GLOBAL, "global_rope_theta", 160_000),
        theta(json, LOCAL, "local_rope_theta", 10_000),
        json.number("norm_eps", 1e-5),
        json.flag("norm_bias", false),
        json.flag("attention_bias", false),
        json.flag("mlp_bias", false),
        json.flag("classifier_bias", false),
        json.flag("decoder_bias", true),
        json.number("embedding_dropout", 0),
        json.number("attention_dropout", 0),
        json.number("mlp_dropout", 0),
        json.number("classifier_dropout", 0),
        json.text("classifier_activation", "gelu"),
        json.text("classifier_pooling", "cls"),
        json.number("initializer_range", 0.02),
        json.number("initializer_cutoff_factor", 2),
        json.integer("pad_token_id", 50283),
        json.integerOrNull("cls_token_id"),
        json.integerOrNull("sep_token_id"));
  }

  private static List<String> layerTypes(ConfigJson json) {
    List<String> types = json.texts("layer_types");
    int layers = json.integer("num_hidden_layers", types == null ? 22 : types.size());
    ConfigJson.atLeastOne("num_hidden_layers", layers);
    if (types != null) {
      require(
          types.size() == layers,
          "layer_types has %d entries for num_hidden_layers %d".formatted(types.size(), layers));
      return types;
    }
    int every = json.integer("global_attn_every_n_layers", 3);
    ConfigJson.atLeastOne("global_attn_every_n_layers", every);
    return everyNth(every, layers);
  }

  private static List<String> everyNth(int n, int layers) {
    return IntStream.range(0, layers).mapToObj(i -> i % n == 0 ? GLOBAL : LOCAL).toList();
  }

  private static double theta(ConfigJson json, String layerType, String older, double otherwise) {
    ConfigJson rope = json.object("rope_parameters").object(layerType);
    rope.mustBe("rope_type", "default", "only plain rotary positions are supported");
    return rope.number("rope_theta", json.number(older, otherwise));
  }

  @Override
  public ObjectNode toJson() {
    ObjectNode json = JsonFiles.object();
    json.put("vocab_size", vocabSize);
    json.put("hidden_size", hiddenSize);
    json.put("intermediate_size", intermediateSize);
    json.put("num_hidden_layers", numHiddenLayers());
    json.put("num_attention_heads", numAttentionHeads);
    json.put("hidden_activation", "gelu");
    json.put("max_position_embeddings", maxPositionEmbeddings);
    ArrayNode types = json.putArray("layer_types");
    layerTypes.forEach(types::add);
    json.put("local_attention", localAttention);
    ObjectNode rope = json.putObject("rope_parameters");
    rope.putObject(GLOBAL).put("rope_theta", globalRopeTheta).put("rope_type", "default");
    rope.putObject(LOCAL).put("rope_theta", localRopeTheta).put("rope_type", "default");
    json.put("norm_eps", normEps);
    json.put("norm_bias", normBias);
    json.put("attention_bias", attentionBias);
    json.put("mlp_bias", mlpBias);
    json.put("classifier_bias", classifierBias);
    json.put("decoder_bias", decoderBias);
    json.put("embedding_dropout", embeddingDropout);
    json.put("attention_dropout", attentionDropout);
    json.put("mlp_dropout", mlpDropout);
    json.put("classifier_dropout", classifierDropout);
    json.put("classifier_activation", classifierActivation);
    json.put("classifier_pooling", classifierPooling);
    json.put("initializer_range", initializerRange);
    json.put("initializer_cutoff_factor", initializerCutoffFactor);
    json.put("pad_token_id", padTokenId);
    json.put("cls_token_id", clsTokenId);
    json.put("sep_token_id", sepTokenId);
    json.put("bos_token_id", clsTokenId);
    json.put("eos_token_id", sepTokenId);
    putOlder(json);
    return json;
  }

  /** What transformers before version 5 reads in place of layer_types and rope_parameters. */
  private void putOlder(ObjectNode json) {
    json.put("global_rope_theta", globalRopeTheta);
    json.put("local_rope_theta", localRopeTheta);
    IntStream.rangeClosed(1, numHiddenLayers())
        .filter(n -> layerTypes.equals(everyNth(n, numHiddenLayers())))
        .findFirst()
        .ifPresent(n -> json.put("global_attn_every_n_layers", n));
  }
}
