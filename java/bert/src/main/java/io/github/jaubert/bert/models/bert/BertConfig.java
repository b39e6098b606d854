package io.github.jaubert.bert.models.bert;

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

/**
 * The sizes and settings of a BERT, named as in Hugging Face's config.json. Immutable.
 *
 * @param vocabSize rows of the word embeddings
 * @param hiddenSize width of the hidden states; a multiple of numAttentionHeads
 * @param numHiddenLayers encoder layers
 * @param numAttentionHeads attention heads of each layer
 * @param intermediateSize width inside the feed-forward part
 * @param hiddenAct {@code gelu} (by the error function), {@code gelu_new} or {@code
 *     gelu_pytorch_tanh} (by tanh), or {@code relu}
 * @param hiddenDropoutProb dropout after the embeddings and after each dense layer
 * @param attentionProbsDropoutProb dropout of the attention weights
 * @param maxPositionEmbeddings the longest sequence
 * @param typeVocabSize kinds of segments, 2 for sentence pairs
 * @param initializerRange deviation of the normal distribution that weights start from
 * @param layerNormEps what LayerNorm adds to the variance
 * @param padTokenId the token whose embedding starts at zero
 * @param classifierDropout dropout before a classification head; null: hiddenDropoutProb
 */
public record BertConfig(
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
    Double classifierDropout)
    implements EncoderConfig {

  /** Checks the values. */
  public BertConfig {
    ConfigJson.atLeastOne("vocab_size", vocabSize);
    ConfigJson.atLeastOne("num_hidden_layers", numHiddenLayers);
    ConfigJson.atLeastOne("intermediate_size", intermediateSize);
    ConfigJson.atLeastOne("max_position_embeddings", maxPositionEmbeddings);
    ConfigJson.atLeastOne("type_vocab_size", typeVocabSize);
    ConfigJson.multiple("hidden_size", hiddenSize, "num_attention_heads", numAttentionHeads);
    ConfigJson.activation("hidden_act", hiddenAct);
    ConfigJson.probability("hidden_dropout_prob", hiddenDropoutProb);
    ConfigJson.probability("attention_probs_dropout_prob", attentionProbsDropoutProb);
    if (classifierDropout != null) {
      ConfigJson.probability("classifier_dropout", classifierDropout);
    }
    if (!(initializerRange >= 0) || !(layerNormEps >= 0)) {
      throw new IllegalArgumentException(
          "initializer_range "
              + initializerRange
              + " and layer_norm_eps "
              + layerNormEps
              + " must not be negative");
    }
    ConfigJson.padding(padTokenId, vocabSize);
  }

  /**
   * BERT-base of Devlin et al. 2019: 12 layers, hidden size 768, 12 heads, 110 million parameters.
   */
  public static BertConfig bertBase() {
    return new BertConfig(30522, 768, 12, 12, 3072, "gelu", 0.1, 0.1, 512, 2, 0.02, 1e-12, 0, null);
  }

  /** BERT-large: 24 layers, hidden size 1024, 16 heads, 335 million parameters. */
  public static BertConfig bertLarge() {
    return bertBase().withEncoder(1024, 24, 16, 4096);
  }

  /** The same with an encoder of another size. */
  public BertConfig withEncoder(int hiddenSize, int layers, int heads, int intermediateSize) {
    return with(
        json -> {
          json.put("hidden_size", hiddenSize).put("num_hidden_layers", layers);
          json.put("num_attention_heads", heads).put("intermediate_size", intermediateSize);
        });
  }

  /** The same with another vocabulary. */
  public BertConfig withVocabSize(int size) {
    return with(json -> json.put("vocab_size", size));
  }

  /** The same with another token of padding; BERT's is 0. */
  public BertConfig withPadToken(int id) {
    return with(json -> json.put("pad_token_id", id));
  }

  /** The same for sequences of up to so many tokens. */
  public BertConfig withMaxPositions(int tokens) {
    return with(json -> json.put("max_position_embeddings", tokens));
  }

  /**
   * The same with other dropout: of hidden states (and before the classifier), and of attention
   * weights.
   */
  public BertConfig withDropout(double hidden, double attention) {
    return with(
        json -> {
          json.put("hidden_dropout_prob", hidden).put("attention_probs_dropout_prob", attention);
          json.remove("classifier_dropout");
        });
  }

  private BertConfig with(Consumer<ObjectNode> change) {
    ObjectNode json = toJson();
    change.accept(json);
    return of(ConfigJson.of("config.json", json), bertBase());
  }

  /** The width of one attention head. */
  public int headSize() {
    return hiddenSize / numAttentionHeads;
  }

  /** How many numbers an encoder with its pooler has. */
  @Override
  public double parameterCount() {
    double width = hiddenSize;
    return EncoderConfig.parameterCount(this, intermediateSize) + (width + 1) * width;
  }

  /** {@link #hiddenAct} as the layers take it. */
  public Activation activation() {
    return ConfigJson.activation("hidden_act", hiddenAct);
  }

  @Override
  public Activation headActivation() {
    return activation();
  }

  @Override
  public double classifierDropoutProb() {
    return classifierDropout == null ? hiddenDropoutProb : classifierDropout;
  }

  @Override
  public Architecture architecture() {
    return Bert.ARCHITECTURE;
  }

  @Override
  public Bert newEncoder() {
    return new Bert(this);
  }

  @Override
  public List<StoredSize> storedSizes() {
    List<StoredSize> sizes = new ArrayList<>(EncoderConfig.super.storedSizes());
    sizes.add(
        new StoredSize(
            "embeddings.position_embeddings.weight",
            0,
            "max_position_embeddings",
            maxPositionEmbeddings));
    sizes.add(
        new StoredSize(
            "embeddings.token_type_embeddings.weight", 0, "type_vocab_size", typeVocabSize));
    sizes.add(
        new StoredSize(
            "encoder.layer.0.intermediate.dense.weight", 0, "intermediate_size", intermediateSize));
    return sizes;
  }

  // ---- config.json ----

  /**
   * Reads config.json of a Hugging Face folder.
   *
   * @throws CheckpointException if it is missing, is no BERT's, or has a value that is not possible
   */
  public static BertConfig fromPretrained(Path folder) {
    return read(ConfigJson.of(folder));
  }

  /** The same of fields that were read; a missing one has Hugging Face's default. */
  public static BertConfig read(ConfigJson json) {
    json.mustBe("model_type", "bert", "only BERT is supported");
    return read(json, bertBase());
  }

  /**
   * The same for an architecture that has BERT's fields among its own, whatever its model_type.
   *
   * @param otherwise has the values of fields that are missing
   */
  public static BertConfig read(ConfigJson json, BertConfig otherwise) {
    json.mustBe("position_embedding_type", "absolute", "only absolute positions are supported");
    json.mustBe("is_decoder", "false", "only encoders are supported");
    json.mustBe("add_cross_attention", "false", "only encoders are supported");
    return json.checked(() -> of(json, otherwise));
  }

  private static BertConfig of(ConfigJson json, BertConfig otherwise) {
    return new BertConfig(
        json.integer("vocab_size", otherwise.vocabSize),
        json.integer("hidden_size", otherwise.hiddenSize),
        json.integer("num_hidden_layers", otherwise.numHiddenLayers),
        json.integer("num_attention_heads", otherwise.numAttentionHeads),
        json.integer("intermediate_size", otherwise.intermediateSize),
        json.text("hidden_act", otherwise.hiddenAct),
        json.number("hidden_dropout_prob", otherwise.hiddenDropoutProb),
        json.number("attention_probs_dropout_prob", otherwise.attentionProbsDropoutProb),
        json.integer("max_position_embeddings", otherwise.maxPositionEmbeddings),
        json.integer("type_vocab_size", otherwise.typeVocabSize),
        json.number("initializer_range", otherwise.initializerRange),
        json.number("layer_norm_eps", otherwise.layerNormEps),
        json.integer("pad_token_id", otherwise.padTokenId),
        json.isAbsent("classifier_dropout")
            ? otherwise.classifierDropout
            : (Double) json.number("classifier_dropout", 0));
  }

  @Override
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
    json.put("position_embedding_type", "absolute"); // for transformers before version 5
    return json;
  }
}
