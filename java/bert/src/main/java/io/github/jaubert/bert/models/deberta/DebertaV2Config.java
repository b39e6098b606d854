package io.github.jaubert.bert.models.deberta;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.Architecture;
import io.github.jaubert.bert.ConfigJson;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.models.bert.BertBasedConfig;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.nn.Activation;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;

/**
 * The sizes and settings of a DeBERTa-v2 or v3, named as in Hugging Face's config.json. Immutable.
 *
 * @param bert those that BERT has too, without segments; its classifierDropout is {@code
 *     cls_dropout}
 * @param typeVocabSize kinds of segments; 0, as in all that Microsoft published: there are none
 * @param embeddingSize width of the word embeddings
 * @param relativeAttention whether scores say how far apart query and key are
 * @param maxRelativePositions distances that are told apart; less than 1: maxPositionEmbeddings
 * @param positionBuckets into how many buckets to each side they fall; less than 1: none, each has
 *     its own vector
 * @param positionBiasedInput whether positions are added to words
 * @param posAttType the products that scores have besides that of query and key: {@code c2p} of
 *     queries and distances, {@code p2c} of keys and distances
 * @param shareAttKey whether vectors for distances are projected as words are
 * @param normRelEbd whether they are normalised before ({@code norm_rel_ebd} is {@code layer_norm})
 * @param poolerDropout dropout before the layer that lies before a classifier of whole texts
 * @param poolerHiddenAct its activation, one of hiddenAct's or {@code tanh}
 * @param legacy whether the head for masked tokens is BERT's ({@code cls.predictions}), as in
 *     transformers unless config.json says otherwise; or else that of Microsoft's checkpoints
 *     ({@code lm_predictions})
 */
public record DebertaV2Config(
    BertConfig bert,
    int typeVocabSize,
    int embeddingSize,
    boolean relativeAttention,
    int maxRelativePositions,
    int positionBuckets,
    boolean positionBiasedInput,
    List<String> posAttType,
    boolean shareAttKey,
    boolean normRelEbd,
    double poolerDropout,
    String poolerHiddenAct,
    boolean legacy)
    implements BertBasedConfig {
  private static final String C2P = "c2p";
  private static final String P2C = "p2c";

  /** Checks the values. */
  public DebertaV2Config {
    Objects.requireNonNull(bert, "bert");
    posAttType = List.copyOf(posAttType);
    if (typeVocabSize < 0) {
      throw new IllegalArgumentException(
          "type_vocab_size is " + typeVocabSize + "; it must be at least 0");
    }
    ConfigJson.atLeastOne("embedding_size", embeddingSize);
    ConfigJson.probability("pooler_dropout", poolerDropout);
    poolerActivation(poolerHiddenAct);
    if (!List.of(C2P, P2C).containsAll(posAttType)
        || posAttType.stream().distinct().count() < posAttType.size()) {
      throw new IllegalArgumentException(
          "pos_att_type is %s; only c2p and p2c are supported, each once".formatted(posAttType));
    }
    if (relativeAttention && posAttType.isEmpty()) {
      throw new IllegalArgumentException(
          "relative_attention is true, but pos_att_type names neither c2p nor p2c");
    }
    int distances = distances(bert, maxRelativePositions);
    if (positionBuckets > 0 && (positionBuckets < 2 || positionBuckets / 2 >= distances - 1)) {
      throw new IllegalArgumentException(
          "position_buckets is %d for %d distances; 2 at least, and half of it less than these"
              .formatted(positionBuckets, distances));
    }
    if (!legacy && embeddingSize != bert.hiddenSize()) {
      throw new IllegalArgumentException(
          "legacy is false, but embedding_size is %d and hidden_size %d: the head for masked tokens"
                  .formatted(embeddingSize, bert.hiddenSize())
              + " of that form needs them equal");
    }
  }

  private static int distances(BertConfig bert, int maxRelativePositions) {
    return maxRelativePositions < 1 ? bert.maxPositionEmbeddings() : maxRelativePositions;
  }

  /**
   * DeBERTa-v3-base of He et al. 2023: 12 layers, hidden size 768, 12 heads, 128,100 tokens, 184
   * million parameters.
   */
  public static DebertaV2Config debertaV3Base() {
    return v3(768, 12, 12, 3072);
  }

  /** DeBERTa-v3-small: 6 layers, 141 million parameters. */
  public static DebertaV2Config debertaV3Small() {
    return v3(768, 6, 12, 3072);
  }

  /** DeBERTa-v3-xsmall: 12 layers, hidden size 384, 6 heads, 70 million parameters. */
  public static DebertaV2Config debertaV3Xsmall() {
    return v3(384, 12, 6, 1536);
  }

  private static DebertaV2Config v3(int hidden, int layers, int heads, int intermediate) {
    BertConfig sizes = DebertaV2Json.DEFAULTS.withEncoder(hidden, layers, heads, intermediate);
    return new DebertaV2Config(
        sizes, 0, hidden, true, -1, 256, false, List.of(P2C, C2P), true, true, 0, "gelu", true);
  }

  /** The same with other values of those that BERT has too, as {@code b -> b.withVocabSize(99)}. */
  public DebertaV2Config with(UnaryOperator<BertConfig> change) {
    BertConfig changed = change.apply(bert);
    return new DebertaV2Config(
        changed,
        typeVocabSize,
        embeddingSize == bert.hiddenSize() ? changed.hiddenSize() : embeddingSize,
        relativeAttention,
        maxRelativePositions,
        positionBuckets,
        positionBiasedInput,
        posAttType,
        shareAttKey,
        normRelEbd,
        poolerDropout,
        poolerHiddenAct,
        legacy);
  }

  // ---- what the layers read ----

  /** Whether scores have products of queries and distances. */
  boolean contentToPosition() {
    return posAttType.contains(C2P);
  }

  /** Whether scores have products of keys and distances. */
  boolean positionToContent() {
    return posAttType.contains(P2C);
  }

  /** How many distances are told apart. */
  int distances() {
    return distances(bert, maxRelativePositions);
  }

  /** Rows of the table of distances to each side. */
  int span() {
    return positionBuckets > 0 ? positionBuckets : distances();
  }

  /** {@link #poolerHiddenAct} as the layers take it. */
  Activation poolerActivation() {
    return poolerActivation(poolerHiddenAct);
  }

  private static Activation poolerActivation(String name) {
    return name.equals("tanh") ? Activation.TANH : ConfigJson.activation("pooler_hidden_act", name);
  }

  // ---- as an encoder's ----

  @Override
  public Architecture architecture() {
    return legacy ? DebertaV2.ARCHITECTURE : DebertaV2.MICROSOFTS;
  }

  @Override
  public DebertaV2 newEncoder() {
    return new DebertaV2(this);
  }

  @Override
  public Activation headActivation() {
    return bert.activation();
  }

  @Override
  public double tokenClassifierDropoutProb() {
    return bert.hiddenDropoutProb();
  }

  @Override
  public double parameterCount() {
    double width = hiddenSize();
    double words = (double) vocabSize() + typeVocabSize;
    double positions = positionBiasedInput ? maxPositionEmbeddings() : 0;
    double embeddings = (words + positions) * embeddingSize + 2 * width;
    double projection = embeddingSize == width ? 0 : width * embeddingSize;
    double table = (relativeAttention ? 2.0 * span() * width : 0) + (normRelEbd ? 2 * width : 0);
    int inner = bert.intermediateSize();
    int own = relativeAttention && !shareAttKey ? posAttType.size() : 0;
    double layer = (4 + own) * (width + 1) * width + (2 * width + 1) * inner + width + 4 * width;
    return embeddings + projection + table + numHiddenLayers() * layer;
  }

  @Override
  public List<StoredSize> storedSizes() {
    List<StoredSize> sizes = new ArrayList<>();
    String words = architecture().wordEmbeddings();
    sizes.add(new StoredSize(words, 0, "vocab_size", vocabSize()));
    boolean wide = embeddingSize == hiddenSize();
    sizes.add(new StoredSize(words, 1, wide ? "hidden_size" : "embedding_size", embeddingSize));
    sizes.add(
        new StoredSize(
            "encoder.layer.0.intermediate.dense.weight",
            0,
            "intermediate_size",
            bert.intermediateSize()));
    if (positionBiasedInput) {
      sizes.add(
          new StoredSize(
              "embeddings.position_embeddings.weight",
              0,
              "max_position_embeddings",
              maxPositionEmbeddings()));
    }
    if (relativeAttention) {
      String all = maxRelativePositions < 1 ? "max_position_embeddings" : "max_relative_positions";
      String field = positionBuckets > 0 ? "position_buckets" : all;
      sizes.add(new StoredSize(DebertaV2.DISTANCES, 0, "twice as many as " + field, 2 * span()));
    }
    return sizes;
  }

  // ---- config.json ----

  /**
   * Reads config.json of a Hugging Face folder.
   *
   * @throws CheckpointException if it is missing, is no DeBERTa-v2's, or has a value that is not
   *     possible
   */
  public static DebertaV2Config fromPretrained(Path folder) {
    return read(ConfigJson.of(folder));
  }

  /** The same of fields that were read; a missing one has Hugging Face's default. */
  public static DebertaV2Config read(ConfigJson json) {
    return DebertaV2Json.read(json);
  }

  @Override
  public ObjectNode toJson() {
    return DebertaV2Json.write(this);
  }
}
