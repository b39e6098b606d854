package io.github.jaubert.bert.models.mpnet;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.Architecture;
import io.github.jaubert.bert.ConfigJson;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.models.bert.BertBasedConfig;
import io.github.jaubert.bert.models.bert.BertConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;

/**
 * The sizes and settings of an MPNet, named as in Hugging Face's config.json. Immutable.
 *
 * @param bert those that BERT has too; segments and a dropout of its own before a classifier are
 *     none of them. Of its maxPositionEmbeddings rows the first two are never read: {@link
 *     #maxPositionEmbeddings} is what is left
 * @param relativeAttentionNumBuckets rows of the table of biases, 32 at least; of more than 32 the
 *     others are never read, as in {@code transformers}
 */
public record MpNetConfig(BertConfig bert, int relativeAttentionNumBuckets)
    implements BertBasedConfig {
  private static final String BUCKETS = "relative_attention_num_buckets";
  private static final int USED_BUCKETS = 32;

  /** The row of the position table that the first token has, whatever the id of padding is. */
  public static final int FIRST_POSITION = 2;

  /** Checks the values. */
  public MpNetConfig {
    Objects.requireNonNull(bert, "bert");
    bert = withoutSegments(bert);
    if (bert.maxPositionEmbeddings() <= FIRST_POSITION) {
      throw new IllegalArgumentException(
          "max_position_embeddings is %d, but the first position is %d"
              .formatted(bert.maxPositionEmbeddings(), FIRST_POSITION));
    }
    if (relativeAttentionNumBuckets < USED_BUCKETS) {
      throw new IllegalArgumentException(
          "%s is %d, but distances fall into %d buckets"
              .formatted(BUCKETS, relativeAttentionNumBuckets, USED_BUCKETS));
    }
  }

  private static BertConfig withoutSegments(BertConfig b) {
    return new BertConfig(
        b.vocabSize(),
        b.hiddenSize(),
        b.numHiddenLayers(),
        b.numAttentionHeads(),
        b.intermediateSize(),
        b.hiddenAct(),
        b.hiddenDropoutProb(),
        b.attentionProbsDropoutProb(),
        b.maxPositionEmbeddings(),
        1,
        b.initializerRange(),
        b.layerNormEps(),
        b.padTokenId(),
        null);
  }

  /**
   * MPNet-base of Song et al. 2020: the layers of BERT-base, 30,527 tokens, 512 positions, 109
   * million parameters.
   */
  public static MpNetConfig mpnetBase() {
    return base(514, 1e-5);
  }

  private static MpNetConfig base(int positions, double eps) {
    return new MpNetConfig(
        new BertConfig(
            30_527, 768, 12, 12, 3072, "gelu", 0.1, 0.1, positions, 1, 0.02, eps, 1, null),
        USED_BUCKETS);
  }

  /** The same with other values of those that BERT has too, as {@code b -> b.withVocabSize(99)}. */
  public MpNetConfig with(UnaryOperator<BertConfig> change) {
    return new MpNetConfig(change.apply(bert), relativeAttentionNumBuckets);
  }

  // ---- as an encoder's ----

  @Override
  public Architecture architecture() {
    return MpNet.ARCHITECTURE;
  }

  @Override
  public MpNet newEncoder() {
    return new MpNet(this);
  }

  /** The longest sequence: the rows of the table that lie behind that of padding. */
  @Override
  public int maxPositionEmbeddings() {
    return positionRows() - FIRST_POSITION;
  }

  @Override
  public int positionRows() {
    return bert.maxPositionEmbeddings();
  }

  /** There are no segments. */
  @Override
  public int typeVocabSize() {
    return 0;
  }

  @Override
  public double parameterCount() {
    return bert.parameterCount()
        - hiddenSize() // BERT's one segment
        + (double) relativeAttentionNumBuckets * bert.numAttentionHeads();
  }

  @Override
  public List<StoredSize> storedSizes() {
    List<StoredSize> sizes = new ArrayList<>(bert.storedSizes());
    sizes.removeIf(size -> size.field().equals("type_vocab_size"));
    sizes.add(new StoredSize(MpNet.BIAS, 0, BUCKETS, relativeAttentionNumBuckets));
    sizes.add(new StoredSize(MpNet.BIAS, 1, "num_attention_heads", bert.numAttentionHeads()));
    return sizes;
  }

  // ---- config.json ----

  /**
   * Reads config.json of a Hugging Face folder.
   *
   * @throws CheckpointException if it is missing, is no MPNet's, or has a value that is not
   *     possible
   */
  public static MpNetConfig fromPretrained(Path folder) {
    return read(ConfigJson.of(folder));
  }

  /** The same of fields that were read; a missing one has Hugging Face's default. */
  public static MpNetConfig read(ConfigJson json) {
    json.mustBe("model_type", "mpnet", "only MPNet is read here");
    MpNetConfig usual = base(512, 1e-12);
    BertConfig bert = BertConfig.read(json, usual.bert);
    return json.checked(
        () -> new MpNetConfig(bert, json.integer(BUCKETS, usual.relativeAttentionNumBuckets)));
  }

  @Override
  public ObjectNode toJson() {
    ObjectNode json = bert.toJson();
    json.remove("type_vocab_size");
    json.remove("classifier_dropout");
    json.remove("position_embedding_type");
    return json.put(BUCKETS, relativeAttentionNumBuckets);
  }
}
