package io.github.jaubert.bert.models.deberta;

import io.github.jaubert.bert.Architecture;
import io.github.jaubert.bert.DenseTransform;
import io.github.jaubert.bert.Encoder;
import io.github.jaubert.bert.TokenInputs;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.ModelNames;
import io.github.jaubert.nn.Block;
import io.github.jaubert.nn.Embedding;
import io.github.jaubert.nn.Init;
import io.github.jaubert.nn.Layer;
import io.github.jaubert.nn.LayerNorm;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;

/**
 * The encoder of He et al. 2021 in its second version, which is also that of DeBERTa-v3 (He et al.
 * 2023), with Hugging Face's arithmetic and parameter names ({@code
 * encoder.layer.0.attention.self.query_proj.weight}): BERT's layers, whose attention also has
 * products of queries and keys with vectors for how far apart they are, of which all layers share
 * the table. It is {@link io.github.jaubert.bert.PaddedAttention}, not the fused one. There is no
 * pooler; classifiers of whole texts have a layer of this name.
 *
 * <p>A new model is in training mode, one that was loaded in evaluation mode.
 */
public final class DebertaV2 extends Encoder {
  /** DeBERTa's names in Hugging Face's checkpoints. */
  public static final Architecture ARCHITECTURE = new DebertaV2Architecture(true);

  /** The same with the names that Microsoft's checkpoints have for the head for masked tokens. */
  static final Architecture MICROSOFTS = new DebertaV2Architecture(false);

  private static final String TABLE = "encoder.rel_embeddings";

  /** The vectors for distances, {@code [2 × span, hidden]}. */
  static final String DISTANCES = TABLE + ".weight";

  private final DebertaV2Config config;
  private final DebertaV2Embeddings embeddings;

  /** A model whose parameters have no sensible values yet. */
  DebertaV2(DebertaV2Config config) {
    this.config = config;
    embeddings = add("embeddings", new DebertaV2Embeddings(config));
    Embedding distances = null;
    LayerNorm norm = null;
    if (config.relativeAttention()) {
      distances = Embedding.of(Init.zeros(2L * config.span(), config.hiddenSize()));
    }
    if (config.normRelEbd()) {
      norm = LayerNorm.of(config.hiddenSize(), (float) config.layerNormEps());
    }
    Map<String, Block> parts = new LinkedHashMap<>();
    List<DebertaV2Layer> layers = new ArrayList<>();
    for (int i = 0; i < config.numHiddenLayers(); i++) {
      layers.add(new DebertaV2Layer(config, distances, norm));
      parts.put(ARCHITECTURE.layers() + "." + i, layers.get(i));
    }
    if (distances != null) {
      parts.put(TABLE, distances);
    }
    if (norm != null) {
      parts.put("encoder.LayerNorm", norm);
    }
    addSharedLayers(parts, layers);
  }

  // ---- making one ----

  /**
   * A new model: weights normal with {@code initializerRange} from {@code Rng.global()}, biases 0,
   * LayerNorm 1 and 0.
   */
  public static DebertaV2 of(DebertaV2Config config) {
    return initialised(new DebertaV2(config));
  }

  /**
   * Loads a Hugging Face folder as {@link Encoder#fromPretrained} does.
   *
   * @throws CheckpointException also if it holds another architecture
   */
  public static DebertaV2 fromPretrained(Path folder) {
    return load(folder, DebertaV2Config::read, DebertaV2Config::newEncoder);
  }

  /**
   * The same for a folder or the name of a model on a hub, such as {@code OWNER/NAME}, which is
   * fetched if need be, see {@link ModelNames#folder}.
   */
  public static DebertaV2 fromPretrained(String folderOrName) {
    return fromPretrained(ModelNames.folder(folderOrName, true));
  }

  // ---- what it is made of ----

  @Override
  public DebertaV2Config config() {
    return config;
  }

  @Override
  protected Tensor embed(TokenInputs inputs) {
    return embeddings.forward(inputs, computeType());
  }

  @Override
  protected IntUnaryOperator relativeBuckets() {
    return config.relativeAttention() ? new DistanceBuckets(config) : null;
  }

  @Override
  protected Layer newClassifierTransform() {
    return new DenseTransform(config, config.poolerActivation(), config.poolerDropout());
  }

  @Override
  protected String kind() {
    return "DebertaV2(%d layers, hidden %d, heads %d)"
        .formatted(
            config.numHiddenLayers(), config.hiddenSize(), config.bert().numAttentionHeads());
  }
}
