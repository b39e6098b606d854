package io.github.jaubert.bert.models.electra;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.Architecture;
import io.github.jaubert.bert.ConfigJson;
import io.github.jaubert.bert.EncoderConfig;
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
 * The sizes and settings of an ELECTRA, named as in Hugging Face's config.json. Immutable.
 *
 * @param bert those that BERT has too: all but the next
 * @param embeddingSize width of the embeddings; a linear layer brings them to that of the hidden
 *     states if it is another
 */
public record ElectraConfig(BertConfig bert, int embeddingSize) implements BertBasedConfig {
  private static final int HEAD_SIZE = 64; // of all models of the paper

  /** Checks the values. */
  public ElectraConfig {
    Objects.requireNonNull(bert, "bert");
    ConfigJson.atLeastOne("embedding_size", embeddingSize);
  }

  /**
   * ELECTRA-small of Clark et al. 2020: 12 layers, hidden size 256, 4 heads, embeddings of 128,
   * 13.5 million parameters.
   */
  public static ElectraConfig electraSmall() {
    return new ElectraConfig(BertConfig.bertBase().withEncoder(256, 12, 4, 1024), 128);
  }

  /** ELECTRA-base: the sizes of BERT-base, 109 million parameters. */
  public static ElectraConfig electraBase() {
    return new ElectraConfig(BertConfig.bertBase(), 768);
  }

  /** ELECTRA-large: the sizes of BERT-large, 334 million parameters. */
  public static ElectraConfig electraLarge() {
    return new ElectraConfig(BertConfig.bertLarge(), 1024);
  }

  /** The same with other values of those that BERT has too, as {@code b -> b.withVocabSize(99)}. */
  public ElectraConfig with(UnaryOperator<BertConfig> change) {
    return new ElectraConfig(change.apply(bert), embeddingSize);
  }

  /**
   * The generator that the paper trains beside this discriminator: as many layers of a share of the
   * width, heads of 64 (one at least), and the same embeddings.
   *
   * @param share of the hidden size: the paper has 1/4 for small and large models, 1/3 for base
   * @throws IllegalArgumentException if it is not in (0, 1], or its heads do not share the width
   *     evenly
   */
  public ElectraConfig generator(double share) {
    if (!(share > 0 && share <= 1)) {
      throw new IllegalArgumentException("generator: a share of " + share + "; above 0, at most 1");
    }
    int hidden = (int) Math.round(hiddenSize() * share);
    int heads = Math.max(1, hidden / HEAD_SIZE);
    return with(b -> b.withEncoder(hidden, numHiddenLayers(), heads, 4 * hidden));
  }

  // ---- as an encoder's ----

  @Override
  public Architecture architecture() {
    return Electra.ARCHITECTURE;
  }

  @Override
  public Electra newEncoder() {
    return new Electra(this);
  }

  /** {@code hidden_act}; the other head's is GELU whatever that is. */
  @Override
  public Activation detectorActivation() {
    return bert.activation();
  }

  /** Whether a linear layer lies between embeddings and layers. */
  boolean projects() {
    return embeddingSize != hiddenSize();
  }

  @Override
  public double parameterCount() {
    double projection = projects() ? (embeddingSize + 1.0) * hiddenSize() : 0;
    return EncoderConfig.parameterCount(this, bert.intermediateSize()) + projection;
  }

  @Override
  public List<StoredSize> storedSizes() {
    List<StoredSize> sizes = new ArrayList<>();
    for (StoredSize size : bert.storedSizes()) {
      sizes.add(
          size.field().equals("hidden_size")
              ? new StoredSize(size.parameter(), size.axis(), "embedding_size", embeddingSize)
              : size);
    }
    String query = "encoder.layer.0.attention.self.query.weight";
    sizes.add(new StoredSize(query, 0, "hidden_size", hiddenSize()));
    return sizes;
  }

  // ---- config.json ----

  /**
   * Reads config.json of a Hugging Face folder.
   *
   * @throws CheckpointException if it is missing, is no ELECTRA's, or has a value that is not
   *     possible
   */
  public static ElectraConfig fromPretrained(Path folder) {
    return read(ConfigJson.of(folder));
  }

  /** The same of fields that were read; a missing one has Hugging Face's default. */
  public static ElectraConfig read(ConfigJson json) {
    json.mustBe("model_type", "electra", "only ELECTRA is read here");
    ElectraConfig small = electraSmall();
    BertConfig bert = BertConfig.read(json, small.bert);
    return json.checked(
        () -> new ElectraConfig(bert, json.integer("embedding_size", small.embeddingSize)));
  }

  @Override
  public ObjectNode toJson() {
    ObjectNode json = bert.toJson();
    json.put("embedding_size", embeddingSize);
    return json;
  }
}
