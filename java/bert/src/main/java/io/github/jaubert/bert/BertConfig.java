package io.github.jaubert.bert;

import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.nn.Activation;
import java.nio.file.Files;
import java.nio.file.Path;

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
    Double classifierDropout) {

  /** Checks the values. */
  public BertConfig {
    atLeastOne("vocab_size", vocabSize);
    atLeastOne("hidden_size", hiddenSize);
    atLeastOne("num_hidden_layers", numHiddenLayers);
    atLeastOne("num_attention_heads", numAttentionHeads);
    atLeastOne("intermediate_size", intermediateSize);
    atLeastOne("max_position_embeddings", maxPositionEmbeddings);
    atLeastOne("type_vocab_size", typeVocabSize);
    if (hiddenSize % numAttentionHeads != 0) {
      throw new IllegalArgumentException(
          "hidden_size "
              + hiddenSize
              + " is not a multiple of num_attention_heads "
              + numAttentionHeads);
    }
    activation(hiddenAct);
    probability("hidden_dropout_prob", hiddenDropoutProb);
    probability("attention_probs_dropout_prob", attentionProbsDropoutProb);
    if (classifierDropout != null) {
      probability("classifier_dropout", classifierDropout);
    }
    if (!(initializerRange >= 0) || !(layerNormEps >= 0)) {
      throw new IllegalArgumentException(
          "initializer_range "
              + initializerRange
              + " and layer_norm_eps "
              + layerNormEps
              + " must not be negative");
    }
    if (padTokenId < 0 || padTokenId >= vocabSize) {
      throw new IllegalArgumentException(
          "pad_token_id " + padTokenId + " is not among the " + vocabSize + " tokens");
    }
  }

  private static void atLeastOne(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + " is " + value + "; it must be at least 1");
    }
  }

  private static void probability(String name, double value) {
    if (!(value >= 0 && value < 1)) {
      throw new IllegalArgumentException(name + " is " + value + "; it must be in [0, 1)");
    }
  }

  private static Activation activation(String name) {
    return switch (name) {
      case "gelu" -> Activation.GELU;
      case "gelu_new", "gelu_pytorch_tanh" -> Activation.GELU_TANH;
      case "relu" -> Activation.RELU;
      default ->
          throw new IllegalArgumentException(
              "hidden_act '" + name + "' is not one of gelu, gelu_new, gelu_pytorch_tanh, relu");
    };
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
    return new BertConfig(
        vocabSize,
        hiddenSize,
        layers,
        heads,
        intermediateSize,
        hiddenAct,
        hiddenDropoutProb,
        attentionProbsDropoutProb,
        maxPositionEmbeddings,
        typeVocabSize,
        initializerRange,
        layerNormEps,
        padTokenId,
        classifierDropout);
  }

  /** The same with another vocabulary. */
  public BertConfig withVocabSize(int size) {
    return new BertConfig(
        size,
        hiddenSize,
        numHiddenLayers,
        numAttentionHeads,
        intermediateSize,
        hiddenAct,
        hiddenDropoutProb,
        attentionProbsDropoutProb,
        maxPositionEmbeddings,
        typeVocabSize,
        initializerRange,
        layerNormEps,
        padTokenId,
        classifierDropout);
  }

  /**
   * The same with other dropout: of hidden states (and before the classifier), and of attention
   * weights.
   */
  public BertConfig withDropout(double hidden, double attention) {
    return new BertConfig(
        vocabSize,
        hiddenSize,
        numHiddenLayers,
        numAttentionHeads,
        intermediateSize,
        hiddenAct,
        hidden,
        attention,
        maxPositionEmbeddings,
        typeVocabSize,
        initializerRange,
        layerNormEps,
        padTokenId,
        null);
  }

  /** The width of one attention head. */
  public int headSize() {
    return hiddenSize / numAttentionHeads;
  }

  /** How many numbers an encoder with its pooler has; sizes may be absurd, so not as an integer. */
  double parameterCount() {
    double width = hiddenSize;
    double embeddings = ((double) vocabSize + maxPositionEmbeddings + typeVocabSize + 2) * width;
    double layer = 4 * (width + 1) * width + (2 * width + 1) * intermediateSize + width + 4 * width;
    return embeddings + numHiddenLayers * layer + (width + 1) * width;
  }

  /** {@link #hiddenAct} as the layers take it. */
  public Activation activation() {
    return activation(hiddenAct);
  }

  /** The dropout before a classification head. */
  public double classifierDropoutProb() {
    return classifierDropout == null ? hiddenDropoutProb : classifierDropout;
  }

  /**
   * Reads config.json of a Hugging Face folder.
   *
   * @throws CheckpointException if it is missing, is no BERT's, or has a value that is not possible
   */
  public static BertConfig fromPretrained(Path folder) {
    return BertConfigJson.readConfig(file(folder).toString(), JsonFiles.readObject(file(folder)));
  }

  /** Where a folder keeps its config, which must be there. */
  static Path file(Path folder) {
    Path file = folder.resolve("config.json");
    if (!Files.exists(file)) {
      throw new CheckpointException(
          folder.toString(), Files.isDirectory(folder) ? "has no config.json" : "no such folder");
    }
    return file;
  }
}
