package io.github.jaubert.bert.models.distilbert;

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

/**
 * The sizes and settings of a DistilBERT, named as in Hugging Face's config.json. Immutable.
 *
 * @param vocabSize rows of the word embeddings
 * @param dim width of the hidden states; a multiple of nHeads
 * @param nLayers layers
 * @param nHeads attention heads of each layer
 * @param hiddenDim width inside the feed-forward part
 * @param activation {@code gelu}, {@code gelu_new}, {@code gelu_pytorch_tanh} or {@code relu}
 * @param dropout of the embeddings and of the feed-forward part
 * @param attentionDropout dropout of the attention weights
 * @param maxPositionEmbeddings the longest sequence
 * @param sinusoidalPosEmbds whether position embeddings begin as sines and cosines (Vaswani et al.
 *     2017); those of a checkpoint are in its file either way
 * @param initializerRange deviation of the normal distribution that weights start from
 * @param seqClassifDropout dropout before a classification head
 * @param qaDropout dropout before a head for questions
 * @param padTokenId the token whose embedding starts at zero
 */
public record DistilBertConfig(
    int vocabSize,
    int dim,
    int nLayers,
    int nHeads,
    int hiddenDim,
    String activation,
    double dropout,
    double attentionDropout,
    int maxPositionEmbeddings,
    boolean sinusoidalPosEmbds,
    double initializerRange,
    double seqClassifDropout,
    double qaDropout,
    int padTokenId)
    implements EncoderConfig {

  /** Checks the values. */
  public DistilBertConfig {
    ConfigJson.atLeastOne("vocab_size", vocabSize);
    ConfigJson.atLeastOne("n_layers", nLayers);
    ConfigJson.atLeastOne("hidden_dim", hiddenDim);
    ConfigJson.atLeastOne("max_position_embeddings", maxPositionEmbeddings);
    ConfigJson.multiple("dim", dim, "n_heads", nHeads);
    ConfigJson.activation("activation", activation);
    ConfigJson.probability("dropout", dropout);
    ConfigJson.probability("attention_dropout", attentionDropout);
    ConfigJson.probability("seq_classif_dropout", seqClassifDropout);
    ConfigJson.probability("qa_dropout", qaDropout);
    if (!(initializerRange >= 0)) {
      throw new IllegalArgumentException(
          "initializer_range " + initializerRange + " must not be negative");
    }
    ConfigJson.padding(padTokenId, vocabSize);
  }

  /**
   * DistilBERT-base of Sanh et al. 2019: 6 layers, hidden size 768, 12 heads, 66 million
   * parameters.
   */
  public static DistilBertConfig distilBertBase() {
    return read(ConfigJson.of("config.json", JsonFiles.object()));
  }

  @Override
  public Architecture architecture() {
    return DistilBert.ARCHITECTURE;
  }

  @Override
  public DistilBert newEncoder() {
    return new DistilBert(this);
  }

  @Override
  public int hiddenSize() {
    return dim;
  }

  @Override
  public int numHiddenLayers() {
    return nLayers;
  }

  @Override
  public double classifierDropoutProb() {
    return seqClassifDropout;
  }

  @Override
  public double tokenClassifierDropoutProb() {
    return dropout;
  }

  @Override
  public double questionDropoutProb() {
    return qaDropout;
  }

  /** {@link #activation} as layers and head take it. */
  @Override
  public Activation headActivation() {
    return ConfigJson.activation("activation", activation);
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
    sizes.add(new StoredSize("transformer.layer.0.ffn.lin1.weight", 0, "hidden_dim", hiddenDim));
    return sizes;
  }

  @Override
  public double parameterCount() {
    return EncoderConfig.parameterCount(this, hiddenDim);
  }

  // ---- config.json ----

  /**
   * Reads config.json of a Hugging Face folder.
   *
   * @throws CheckpointException if it is missing, is no DistilBERT's, or has a value that is not
   *     possible
   */
  public static DistilBertConfig fromPretrained(Path folder) {
    return read(ConfigJson.of(folder));
  }

  /** The same of fields that were read; a missing one has Hugging Face's default. */
  public static DistilBertConfig read(ConfigJson json) {
    json.mustBe("model_type", "distilbert", "only DistilBERT is read here");
    return json.checked(
        () ->
            new DistilBertConfig(
                json.integer("vocab_size", 30522),
                json.integer("dim", 768),
                json.integer("n_layers", 6),
                json.integer("n_heads", 12),
                json.integer("hidden_dim", 3072),
                json.text("activation", "gelu"),
                json.number("dropout", 0.1),
                json.number("attention_dropout", 0.1),
                json.integer("max_position_embeddings", 512),
                json.flag("sinusoidal_pos_embds", false),
                json.number("initializer_range", 0.02),
                json.number("seq_classif_dropout", 0.2),
                json.number("qa_dropout", 0.1),
                json.integer("pad_token_id", 0)));
  }

  @Override
  public ObjectNode toJson() {
    ObjectNode json = JsonFiles.object();
    json.put("vocab_size", vocabSize);
    json.put("dim", dim);
    json.put("n_layers", nLayers);
    json.put("n_heads", nHeads);
    json.put("hidden_dim", hiddenDim);
    json.put("activation", activation);
    json.put("dropout", dropout);
    json.put("attention_dropout", attentionDropout);
    json.put("max_position_embeddings", maxPositionEmbeddings);
    json.put("sinusoidal_pos_embds", sinusoidalPosEmbds);
    json.put("initializer_range", initializerRange);
    json.put("seq_classif_dropout", seqClassifDropout);
    json.put("qa_dropout", qaDropout);
    json.put("pad_token_id", padTokenId);
    return json;
  }
}
