package io.github.jaubert.bert.models.nomic;

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
import io.github.jaubert.nn.Linear;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Path;

/**
 * The encoder of Nussbaum et al. 2024 (nomic-embed-text) with Hugging Face's arithmetic and the
 * names of its files ({@code encoder.layers.0.attn.Wqkv.weight}): positions by rotation, gated
 * layers with SiLU, no biases.
 *
 * <p>A new model is in training mode, one that was loaded in evaluation mode.
 */
public final class NomicBert extends Encoder {
  /** Nomic BERT's names in checkpoints. */
  public static final Architecture ARCHITECTURE = new NomicBertArchitecture();

  private final NomicBertConfig config;
  private final Embeddings embeddings;
  private final LayerNorm norm;
  private final BertPooler pooler; // null: a head took it away

  /** A model whose parameters have no sensible values yet. */
  NomicBert(NomicBertConfig config) {
    this.config = config;
    RotarySizes sizes = config.sizes();
    embeddings = add("embeddings", new Embeddings(sizes));
    norm = add("emb_ln", LayerNorm.of(sizes.hiddenSize(), (float) sizes.layerNormEps()));
    addLayers(sizes.numHiddenLayers(), () -> new NomicBertLayer(sizes));
    pooler = add("pooler", new BertPooler(sizes.hiddenSize()));
  }

  /** One with the embeddings and layers of another, and no pooler. */
  private NomicBert(NomicBert other) {
    config = other.config;
    embeddings = add("embeddings", other.embeddings);
    norm = add("emb_ln", other.norm);
    takeLayers(other);
    pooler = null;
  }

  /**
   * A new model: weights normal with {@code initializerRange} from {@code Rng.global()}, biases 0,
   * LayerNorm 1 and 0.
   */
  public static NomicBert of(NomicBertConfig config) {
    return initialised(new NomicBert(config));
  }

  /**
   * Loads a Hugging Face folder as {@link Encoder#fromPretrained} does.
   *
   * @throws CheckpointException also if it holds another architecture
   */
  public static NomicBert fromPretrained(Path folder) {
    return load(folder, NomicBertConfig::read, NomicBertConfig::newEncoder);
  }

  /**
   * The same for a folder or the name of a model on a hub, such as {@code OWNER/NAME}, which is
   * fetched if need be, see {@link ModelNames#folder}.
   */
  public static NomicBert fromPretrained(String folderOrName) {
    return fromPretrained(ModelNames.folder(folderOrName, true));
  }

  @Override
  public NomicBertConfig config() {
    return config;
  }

  @Override
  protected Tensor embed(TokenInputs inputs) {
    float p = training() ? (float) config.sizes().hiddenDropoutProb() : 0;
    return WordEmbeddings.forward(
        inputs, embeddings.words, embeddings.types, norm, p, computeType());
  }

  @Override
  protected NomicBert withoutPooler() {
    if (pooler == null) {
      return this;
    }
    pooler.close();
    NomicBert rest = new NomicBert(this);
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

  @Override
  protected Tensor activated(Linear dense, Tensor rows) {
    return config.sizes().gate().forward(dense, rows);
  }

  /** Where positions are drawn together, each layer takes how far they turn from Java. */
  @Override
  protected String captureObstacle() {
    return config.sizes().positions().factor() == 1 ? null : "its rotation is a scaled one";
  }

  @Override
  protected String kind() {
    return "NomicBert(%d layers, hidden %d, heads %d)"
        .formatted(
            config.numHiddenLayers(), config.hiddenSize(), config.sizes().numAttentionHeads());
  }

  private static final class Embeddings extends Block {
    private final Embedding words;
    private final Embedding types;

    Embeddings(RotarySizes sizes) {
      int hidden = sizes.hiddenSize();
      words = add("word_embeddings", Embedding.of(Init.zeros(sizes.vocabSize(), hidden)));
      types = add("token_type_embeddings", Embedding.of(Init.zeros(sizes.typeVocabSize(), hidden)));
    }
  }
}
