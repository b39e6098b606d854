package io.github.jaubert.bert.models.albert;

import io.github.jaubert.bert.Architecture;
import io.github.jaubert.bert.Encoder;
import io.github.jaubert.bert.EncoderLayer;
import io.github.jaubert.bert.TokenEmbeddings;
import io.github.jaubert.bert.TokenInputs;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.ModelNames;
import io.github.jaubert.nn.Activation;
import io.github.jaubert.nn.Block;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The encoder of Lan et al. 2020 with Hugging Face's arithmetic and parameter names ({@code
 * encoder.albert_layer_groups.0.albert_layers.0.attention.query.weight}): embeddings that are
 * narrower than the hidden states, and layers that share their parameters, so that a gradient of
 * theirs is the sum over all places where they compute.
 *
 * <p>A new model is in training mode, one that was loaded in evaluation mode.
 */
public final class Albert extends Encoder {
  /** ALBERT's names in Hugging Face's checkpoints. */
  public static final Architecture ARCHITECTURE = new AlbertArchitecture();

  private final AlbertConfig config;
  private final TokenEmbeddings embeddings;
  private final Linear projection;
  private final Linear pooler; // null: there is none

  /** A model whose parameters have no sensible values yet. */
  Albert(AlbertConfig config) {
    this.config = config;
    embeddings =
        add(
            "embeddings",
            new TokenEmbeddings(config, config.layerNormEps(), config.bert().hiddenDropoutProb()));
    projection = EncoderLayer.linear(config.embeddingSize(), config.hiddenSize());
    Map<String, Block> parts = new LinkedHashMap<>();
    parts.put("encoder.embedding_hidden_mapping_in", projection);
    List<List<EncoderLayer>> groups = new ArrayList<>();
    for (int group = 0; group < config.numHiddenGroups(); group++) {
      groups.add(new ArrayList<>());
      for (int i = 0; i < config.innerGroupNum(); i++) {
        AlbertLayer layer = new AlbertLayer(config.bert());
        parts.put(ARCHITECTURE.layers() + "." + group + ".albert_layers." + i, layer);
        groups.get(group).add(layer);
      }
    }
    List<EncoderLayer> inOrder = new ArrayList<>();
    double places = (double) config.numHiddenLayers() / config.numHiddenGroups();
    for (int place = 0; place < config.numHiddenLayers(); place++) {
      inOrder.addAll(groups.get((int) (place / places)));
    }
    addSharedLayers(parts, inOrder);
    pooler = add("pooler", EncoderLayer.linear(config.hiddenSize(), config.hiddenSize()));
  }

  /** One with the embeddings and layers of another, and no pooler. */
  private Albert(Albert other) {
    config = other.config;
    embeddings = add("embeddings", other.embeddings);
    projection = other.projection;
    takeLayers(other);
    pooler = null;
  }

  // ---- making one ----

  /**
   * A new model: weights normal with {@code initializerRange} from {@code Rng.global()}, biases 0,
   * LayerNorm 1 and 0.
   */
  public static Albert of(AlbertConfig config) {
    return initialised(new Albert(config));
  }

  /**
   * Loads a Hugging Face folder as {@link Encoder#fromPretrained} does.
   *
   * @throws CheckpointException also if it holds another architecture
   */
  public static Albert fromPretrained(Path folder) {
    return load(folder, AlbertConfig::read, AlbertConfig::newEncoder);
  }

  /**
   * The same for a folder or the name of a model on a hub, such as {@code OWNER/NAME}, which is
   * fetched if need be, see {@link ModelNames#folder}.
   */
  public static Albert fromPretrained(String folderOrName) {
    return fromPretrained(ModelNames.folder(folderOrName, true));
  }

  // ---- what it is made of ----

  @Override
  public AlbertConfig config() {
    return config;
  }

  @Override
  protected Tensor embed(TokenInputs inputs) {
    return projection.forward(embeddings.forward(inputs, computeType()));
  }

  @Override
  protected Albert withoutPooler() {
    if (pooler == null) {
      return this;
    }
    pooler.close();
    Albert rest = new Albert(this);
    if (!training()) {
      rest.eval();
    }
    return rest;
  }

  /**
   * {@code tanh(pooler(x))}.
   *
   * @throws IllegalStateException if there is no pooler, as under a head for tokens
   */
  @Override
  protected Tensor pool(Tensor firstTokens) {
    if (pooler == null) {
      throw new IllegalStateException("pooled: the encoder of a head for tokens has no pooler");
    }
    return pooler.forward(firstTokens, Activation.TANH);
  }

  @Override
  protected String kind() {
    return "Albert(%d layers of %d, hidden %d, heads %d, embeddings %d)"
        .formatted(
            config.numHiddenLayers(),
            config.numHiddenGroups() * config.innerGroupNum(),
            config.hiddenSize(),
            config.bert().numAttentionHeads(),
            config.embeddingSize());
  }
}
