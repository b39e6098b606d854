package io.github.jaubert.bert.models.gte;

import io.github.jaubert.bert.Architecture;
import io.github.jaubert.bert.Encoder;
import io.github.jaubert.bert.TokenInputs;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.ModelNames;
import io.github.jaubert.bert.models.bert.BertPooler;
import io.github.jaubert.bert.models.rotary.RotarySizes;
import io.github.jaubert.bert.models.rotary.WordEmbeddings;
import io.github.jaubert.nn.Block;
import io.github.jaubert.nn.Embedding;
import io.github.jaubert.nn.Init;
import io.github.jaubert.nn.LayerNorm;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Path;

/**
 * The encoder of Zhang et al. 2024 (gte-multilingual-base, gte-base-en-v1.5) with Hugging Face's
 * arithmetic and the names of its files ({@code encoder.layer.0.attention.qkv_proj.weight}):
 * positions by rotation and gated layers.
 *
 * <p>A new model is in training mode, one that was loaded in evaluation mode.
 */
public final class Gte extends Encoder {
  /** GTE's names in Hugging Face's checkpoints. */
  public static final Architecture ARCHITECTURE = new GteArchitecture("gte");

  /** The same of Alibaba's own folders, whose models are saved as those of transformers. */
  public static final Architecture NEW = new GteArchitecture("new");

  private final GteConfig config;
  private final Embeddings embeddings;
  private final BertPooler pooler; // null: a head took it away

  /** A model whose parameters have no sensible values yet. */
  Gte(GteConfig config) {
    this.config = config;
    RotarySizes sizes = config.sizes();
    embeddings = add("embeddings", new Embeddings(sizes));
    addLayers(sizes.numHiddenLayers(), () -> new GteLayer(sizes));
    pooler = add("pooler", new BertPooler(sizes.hiddenSize()));
  }

  /** One with the embeddings and layers of another, and no pooler. */
  private Gte(Gte other) {
    config = other.config;
    embeddings = add("embeddings", other.embeddings);
    takeLayers(other);
    pooler = null;
  }

  /**
   * A new model: weights normal with {@code initializerRange} from {@code Rng.global()}, biases 0,
   * LayerNorm 1 and 0.
   */
  public static Gte of(GteConfig config) {
    return initialised(new Gte(config));
  }

  /**
   * Loads a Hugging Face folder as {@link Encoder#fromPretrained} does.
   *
   * @throws CheckpointException also if it holds another architecture
   */
  public static Gte fromPretrained(Path folder) {
    return load(folder, GteConfig::read, GteConfig::newEncoder);
  }

  /**
   * The same for a folder or the name of a model on a hub, such as {@code OWNER/NAME}, which is
   * fetched if need be, see {@link ModelNames#folder}.
   */
  public static Gte fromPretrained(String folderOrName) {
    return fromPretrained(ModelNames.folder(folderOrName, true));
  }

  @Override
  public GteConfig config() {
    return config;
  }

  @Override
  protected Tensor embed(TokenInputs inputs) {
    float p = training() ? (float) config.sizes().hiddenDropoutProb() : 0;
    return WordEmbeddings.forward(
        inputs, embeddings.words, embeddings.types, embeddings.norm, p, computeType());
  }

  @Override
  protected Gte withoutPooler() {
    if (pooler == null) {
      return this;
    }
    pooler.close();
    Gte rest = new Gte(this);
    if (!training()) {
      rest.eval();
    }
    return rest;
  }

  /** {@code tanh(dense(x))}, or {@code x} where a head took the pooler away. */
  @Override
  protected Tensor pool(Tensor firstTokens) {
    return pooler == null ? firstTokens : pooler.forward(firstTokens);
  }

  /** Where positions are drawn together, each layer takes how far they turn from Java. */
  @Override
  protected String captureObstacle() {
    return config.sizes().positions().factor() == 1 ? null : "its rotation is a scaled one";
  }

  @Override
  protected String kind() {
    return "GTE(%d layers, hidden %d, heads %d)"
        .formatted(
            config.numHiddenLayers(), config.hiddenSize(), config.sizes().numAttentionHeads());
  }

  private static final class Embeddings extends Block {
    private final Embedding words;
    private final Embedding types; // null: there are no segments
    private final LayerNorm norm;

    Embeddings(RotarySizes sizes) {
      int hidden = sizes.hiddenSize();
      int kinds = sizes.typeVocabSize();
      words = add("word_embeddings", Embedding.of(Init.zeros(sizes.vocabSize(), hidden)));
      types =
          kinds == 0 ? null : add("token_type_embeddings", Embedding.of(Init.zeros(kinds, hidden)));
      norm = add("LayerNorm", LayerNorm.of(hidden, (float) sizes.layerNormEps()));
    }
  }
}
