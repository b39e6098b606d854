package io.github.jaubert.bert.models.rotary;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.ConfigJson;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import java.util.function.Consumer;

/**
 * The sizes and settings of an encoder with rotary positions and gated layers, named as in Hugging
 * Face's config.json. Immutable.
 *
 * @param vocabSize rows of the word embeddings
 * @param hiddenSize width of the hidden states; an even multiple of numAttentionHeads
 * @param numHiddenLayers encoder layers
 * @param numAttentionHeads attention heads of each layer
 * @param intermediateSize width inside the feed-forward part
 * @param hiddenAct of the gates: {@code silu} ({@code swish}), {@code gelu}, {@code gelu_new},
 *     {@code gelu_pytorch_tanh} or {@code relu}
 * @param hiddenDropoutProb dropout after the embeddings and after each part of a layer
 * @param attentionProbsDropoutProb dropout of the attention weights
 * @param maxPositionEmbeddings the longest sequence; positions have no parameters
 * @param typeVocabSize kinds of segments; 0: none
 * @param initializerRange deviation of the normal distribution that weights start from
 * @param layerNormEps what LayerNorm adds to the variance
 * @param padTokenId the token whose embedding starts at zero
 * @param classifierDropout dropout before a classification head; null: hiddenDropoutProb
 * @param positions how they turn queries and keys
 */
public record RotarySizes(
    int vocabSize,
    int hiddenSize,
    int numHiddenLayers,
    int numAttentionHeads,
    int intermediateSize,
    String hiddenAct,
    double hiddenDropoutProb,
    double attentionProbsDropoutProb,
    int maxPositionEmbeddings,
    int typeVocabSize,
    double initializerRange,
    double layerNormEps,
    int padTokenId,
    Double classifierDropout,
    RotaryPositions positions) {

  /** Checks the values. */
  public RotarySizes {
    ConfigJson.atLeastOne("vocab_size", vocabSize);
    ConfigJson.atLeastOne("num_hidden_layers", numHiddenLayers);
    ConfigJson.atLeastOne("intermediate_size", intermediateSize);
    ConfigJson.atLeastOne("max_position_embeddings", maxPositionEmbeddings);
    ConfigJson.multiple("hidden_size", hiddenSize, "num_attention_heads", numAttentionHeads);
    require(
        hiddenSize / numAttentionHeads % 2 == 0,
        "hidden_size %d in %d heads makes heads of %d; rotary positions need an even size"
            .formatted(hiddenSize, numAttentionHeads, hiddenSize / numAttentionHeads));
    Gate.of("hidden_act", hiddenAct);
    ConfigJson.probability("hidden_dropout_prob", hiddenDropoutProb);
    ConfigJson.probability("attention_probs_dropout_prob", attentionProbsDropoutProb);
    if (classifierDropout != null) {
      ConfigJson.probability("classifier_dropout", classifierDropout);
    }
    require(
        typeVocabSize >= 0, "type_vocab_size is " + typeVocabSize + "; it must not be negative");
    require(
        initializerRange >= 0 && layerNormEps >= 0,
        "initializer_range %s and layer_norm_eps %s must not be negative"
            .formatted(initializerRange, layerNormEps));
    ConfigJson.padding(padTokenId, vocabSize);
  }

  private static void require(boolean holds, String message) {
    if (!holds) {
      throw new IllegalArgumentException(message);
    }
  }

  /** The same with an encoder of another size. */
  public RotarySizes withEncoder(int hidden, int layers, int heads, int intermediate) {
    return with(
        json -> {
          json.put("hidden_size", hidden).put("num_hidden_layers", layers);
          json.put("num_attention_heads", heads).put("intermediate_size", intermediate);
        });
  }

  /** The same with another vocabulary. */
  public RotarySizes withVocabSize(int size) {
    return with(json -> json.put("vocab_size", size));
  }

  /** The same with another token of padding. */
  public RotarySizes withPadToken(int id) {
    return with(json -> json.put("pad_token_id", id));
  }

  /** The same for sequences of up to so many tokens. */
  public RotarySizes withMaxPositions(int tokens) {
    return with(json -> json.put("max_position_embeddings", tokens));
  }

  /** The same with other dropout: of hidden states and classifiers, and of attention weights. */
  public RotarySizes withDropout(double hidden, double attention) {
    return with(
        json -> {
          json.put("hidden_dropout_prob", hidden).put("attention_probs_dropout_prob", attention);
          json.remove("classifier_dropout");
        });
  }

  private RotarySizes with(Consumer<ObjectNode> change) {
    ObjectNode json = toJson();
    change.accept(json);
    return read(ConfigJson.of("config.json", json), this);
  }

  /** The width of one attention head. */
  public int headSize() {
    return hiddenSize / numAttentionHeads;
  }

  /** The activation of the gates. */
  public Gate gate() {
    return Gate.of("hidden_act", hiddenAct);
  }

  /**
   * Reads fields of config.json.
   *
   * @param otherwise has the values of fields that are missing
   * @throws IllegalArgumentException if a value is not possible
   */
  public static RotarySizes read(ConfigJson json, RotarySizes otherwise) {
    int hidden = json.integer("hidden_size", otherwise.hiddenSize);
    int heads = json.integer("num_attention_heads", otherwise.numAttentionHeads);
    ConfigJson.multiple("hidden_size", hidden, "num_attention_heads", heads);
    int headSize = json.integer("head_dim", hidden / heads);
    require(
        headSize == hidden / heads,
        "head_dim %d is not supported: hidden_size %d in num_attention_heads %d makes %d"
            .formatted(headSize, hidden, heads, hidden / heads));
    return new RotarySizes(
        json.integer("vocab_size", otherwise.vocabSize),
        hidden,
        json.integer("num_hidden_layers", otherwise.numHiddenLayers),
        heads,
        json.integer("intermediate_size", otherwise.intermediateSize),
        json.text("hidden_act", otherwise.hiddenAct),
        json.number("hidden_dropout_prob", otherwise.hiddenDropoutProb),
        json.number("attention_probs_dropout_prob", otherwise.attentionProbsDropoutProb),
        json.integer("max_position_embeddings", otherwise.maxPositionEmbeddings),
        json.integer("type_vocab_size", otherwise.typeVocabSize),
        json.number("initializer_range", otherwise.initializerRange),
        json.number("layer_norm_eps", otherwise.layerNormEps),
        json.integer("pad_token_id", otherwise.padTokenId),
        json.isAbsent("classifier_dropout") ? null : (Double) json.number("classifier_dropout", 0),
        RotaryPositions.read(json, otherwise.positions.theta(), headSize));
  }

  /** The fields that {@link #read} reads back. */
  public ObjectNode toJson() {
    ObjectNode json = JsonFiles.object();
    json.put("vocab_size", vocabSize);
    json.put("hidden_size", hiddenSize);
    json.put("num_hidden_layers", numHiddenLayers);
    json.put("num_attention_heads", numAttentionHeads);
    json.put("intermediate_size", intermediateSize);
    json.put("hidden_act", hiddenAct);
    json.put("hidden_dropout_prob", hiddenDropoutProb);
    json.put("attention_probs_dropout_prob", attentionProbsDropoutProb);
    json.put("max_position_embeddings", maxPositionEmbeddings);
    json.put("type_vocab_size", typeVocabSize);
    json.put("initializer_range", initializerRange);
    json.put("layer_norm_eps", layerNormEps);
    json.put("pad_token_id", padTokenId);
    json.put("classifier_dropout", classifierDropout);
    json.set("rope_parameters", positions.toJson());
    return json;
  }
}
