package io.github.jaubert.bert.models.albert;

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
 * The sizes and settings of an ALBERT, named as in Hugging Face's config.json. Immutable.
 *
 * @param bert those that BERT has too; its classifierDropout is null
 * @param embeddingSize width of the embeddings, which a linear layer brings to that of the hidden
 *     states
 * @param numHiddenGroups how many groups of layers there are: the layers that compute are divided
 *     among them, those of a group one behind the other
 * @param innerGroupNum layers of a group, which compute together where BERT has one layer
 * @param classifierDropoutProb dropout before a classification head
 */
public record AlbertConfig(
    BertConfig bert,
    int embeddingSize,
    int numHiddenGroups,
    int innerGroupNum,
    double classifierDropoutProb)
    implements BertBasedConfig {

  /** Checks the values. */
  public AlbertConfig {
    Objects.requireNonNull(bert, "bert");
    ConfigJson.atLeastOne("embedding_size", embeddingSize);
    ConfigJson.atLeastOne("num_hidden_groups", numHiddenGroups);
    ConfigJson.atLeastOne("inner_group_num", innerGroupNum);
    ConfigJson.probability("classifier_dropout_prob", classifierDropoutProb);
    if (numHiddenGroups > bert.numHiddenLayers()) {
      throw new IllegalArgumentException(
          "num_hidden_groups is %d, more than num_hidden_layers %d"
              .formatted(numHiddenGroups, bert.numHiddenLayers()));
    }
  }

  /**
   * ALBERT-base of Lan et al. 2020, version 2: one layer 12 times, hidden size 768, 12 heads,
   * embeddings of 128, 12 million parameters.
   */
  public static AlbertConfig albertBase() {
    return of(768, 12, 3072);
  }

  /** ALBERT-xxlarge, version 1, whose sizes are Hugging Face's defaults. */
  private static AlbertConfig defaults() {
    return of(4096, 64, 16_384);
  }

  private static AlbertConfig of(int hidden, int heads, int inner) {
    BertConfig bert =
        new BertConfig(
            30_000, hidden, 12, heads, inner, "gelu_new", 0, 0, 512, 2, 0.02, 1e-12, 0, null);
    return new AlbertConfig(bert, 128, 1, 1, 0.1);
  }

  /** The same with other values of those that BERT has too, as {@code b -> b.withVocabSize(99)}. */
  public AlbertConfig with(UnaryOperator<BertConfig> change) {
    return new AlbertConfig(
        change.apply(bert), embeddingSize, numHiddenGroups, innerGroupNum, classifierDropoutProb);
  }

  // ---- as an encoder's ----

  @Override
  public Architecture architecture() {
    return Albert.ARCHITECTURE;
  }

  @Override
  public Albert newEncoder() {
    return new Albert(this);
  }

  /** The groups, each of which computes several times. */
  @Override
  public StoredLayers storedLayers() {
    return new StoredLayers("num_hidden_groups", numHiddenGroups);
  }

  @Override
  public Activation headActivation() {
    return bert.activation();
  }

  @Override
  public double parameterCount() {
    double width = hiddenSize();
    double inner = bert.intermediateSize();
    double rows = (double) vocabSize() + maxPositionEmbeddings() + typeVocabSize();
    double layer = 4 * (width + 1) * width + (2 * width + 1) * inner + width + 4 * width;
    return (rows + 2) * embeddingSize
        + (embeddingSize + 1) * width
        + (double) numHiddenGroups * innerGroupNum * layer
        + (width + 1) * width;
  }

  @Override
  public List<StoredSize> storedSizes() {
    String layer = "encoder.albert_layer_groups.0.albert_layers.0.";
    List<StoredSize> sizes = new ArrayList<>();
    for (StoredSize size : bert.storedSizes()) {
      switch (size.field()) {
        case "hidden_size" ->
            sizes.add(
                new StoredSize(size.parameter(), size.axis(), "embedding_size", embeddingSize));
        case "intermediate_size" ->
            sizes.add(new StoredSize(layer + "ffn.weight", 0, size.field(), size.value()));
        default -> sizes.add(size);
      }
    }
    sizes.add(new StoredSize(layer + "attention.query.weight", 0, "hidden_size", hiddenSize()));
    return sizes;
  }

  // ---- config.json ----

  /**
   * Reads config.json of a Hugging Face folder.
   *
   * @throws CheckpointException if it is missing, is no ALBERT's, or has a value that is not
   *     possible
   */
  public static AlbertConfig fromPretrained(Path folder) {
    return read(ConfigJson.of(folder));
  }

  /** The same of fields that were read; a missing one has Hugging Face's default. */
  public static AlbertConfig read(ConfigJson json) {
    json.mustBe("model_type", "albert", "only ALBERT is read here");
    AlbertConfig otherwise = defaults();
    BertConfig bert = BertConfig.read(json, otherwise.bert);
    return json.checked(
        () ->
            new AlbertConfig(
                bert,
                json.integer("embedding_size", otherwise.embeddingSize),
                json.integer("num_hidden_groups", otherwise.numHiddenGroups),
                json.integer("inner_group_num", otherwise.innerGroupNum),
                json.number("classifier_dropout_prob", otherwise.classifierDropoutProb)));
  }

  @Override
  public ObjectNode toJson() {
    ObjectNode json = bert.toJson();
    json.remove("classifier_dropout");
    json.put("embedding_size", embeddingSize);
    json.put("num_hidden_groups", numHiddenGroups);
    json.put("inner_group_num", innerGroupNum);
    json.put("classifier_dropout_prob", classifierDropoutProb);
    return json;
  }
}
