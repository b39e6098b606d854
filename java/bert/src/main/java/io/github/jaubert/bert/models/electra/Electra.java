package io.github.jaubert.bert.models.electra;

import io.github.jaubert.bert.Architecture;
import io.github.jaubert.bert.DenseTransform;
import io.github.jaubert.bert.Encoder;
import io.github.jaubert.bert.EncoderLayer;
import io.github.jaubert.bert.TokenEmbeddings;
import io.github.jaubert.bert.TokenInputs;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.ModelNames;
import io.github.jaubert.bert.models.bert.BertLayer;
import io.github.jaubert.nn.Activation;
import io.github.jaubert.nn.Layer;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Path;
import java.util.Objects;

/**
 * The encoder of Clark et al. 2020 with Hugging Face's arithmetic and parameter names ({@code
 * encoder.layer.0.attention.self.query.weight}): BERT's layers behind embeddings that may be
 * narrower, and no pooler.
 *
 * <p>A new model is in training mode, one that was loaded in evaluation mode.
 */
public final class Electra extends Encoder {
  /** ELECTRA's names in Hugging Face's checkpoints. */
  public static final Architecture ARCHITECTURE = new ElectraArchitecture();

  private static final String EMBEDDINGS = "embeddings";

  private final ElectraConfig config;
  private final TokenEmbeddings embeddings;
  private final Linear projection; // null: the embeddings are as wide as the hidden states

  /** A model whose parameters have no sensible values yet. */
  Electra(ElectraConfig config) {
    this(
        config,
        new TokenEmbeddings(config, config.layerNormEps(), config.bert().hiddenDropoutProb()));
  }

  private Electra(ElectraConfig config, TokenEmbeddings embeddings) {
    this.config = config;
    this.embeddings = add(EMBEDDINGS, embeddings);
    projection =
        config.projects()
            ? add(
                "embeddings_project",
                EncoderLayer.linear(config.embeddingSize(), config.hiddenSize()))
            : null;
    addLayers(config.numHiddenLayers(), () -> new BertLayer(config.bert()));
  }

  // ---- making one ----

  /**
   * A new model: weights normal with {@code initializerRange} from {@code Rng.global()}, biases 0,
   * LayerNorm 1 and 0.
   */
  public static Electra of(ElectraConfig config) {
    return initialised(new Electra(config));
  }

  /**
   * Loads a Hugging Face folder as {@link Encoder#fromPretrained} does.
   *
   * @throws CheckpointException also if it holds another architecture
   */
  public static Electra fromPretrained(Path folder) {
    return load(folder, ElectraConfig::read, ElectraConfig::newEncoder);
  }

  /**
   * The same for a folder or the name of a model on a hub, such as {@code OWNER/NAME}, which is
   * fetched if need be, see {@link ModelNames#folder}.
   */
  public static Electra fromPretrained(String folderOrName) {
    return fromPretrained(ModelNames.folder(folderOrName, true));
  }

  /**
   * A new model with the embeddings of this one, those of tokens, positions and segments and their
   * norm, as a generator has those of its discriminator (Clark et al. 2020, section 3.2). What
   * either learns of them the other has; closing either frees them.
   *
   * @param other such as {@link ElectraConfig#generator} gives it
   * @throws IllegalArgumentException if its embeddings have other sizes
   */
  public Electra withSharedEmbeddings(ElectraConfig other) {
    requireSame("vocab_size", config.vocabSize(), other.vocabSize());
    requireSame("embedding_size", config.embeddingSize(), other.embeddingSize());
    requireSame(
        "max_position_embeddings", config.maxPositionEmbeddings(), other.maxPositionEmbeddings());
    requireSame("type_vocab_size", config.typeVocabSize(), other.typeVocabSize());
    Electra model = new Electra(other, embeddings);
    model.parameters().stream()
        .filter(parameter -> !parameter.name().startsWith(EMBEDDINGS + "."))
        .forEach(model::initialise);
    return model;
  }

  private static void requireSame(String field, Object here, Object there) {
    if (!Objects.equals(here, there)) {
      throw new IllegalArgumentException(
          "embeddings of %s %s cannot be those of a model of %s %s"
              .formatted(field, here, field, there));
    }
  }

  // ---- what it is made of ----

  @Override
  public ElectraConfig config() {
    return config;
  }

  @Override
  protected Tensor embed(TokenInputs inputs) {
    Tensor embedded = embeddings.forward(inputs, computeType());
    return projection == null ? embedded : projection.forward(embedded);
  }

  /** With GELU, whatever activation the layers have. */
  @Override
  protected Layer newClassifierTransform() {
    return new DenseTransform(config, Activation.GELU);
  }

  @Override
  protected Layer newChoiceTransform() {
    return new Summary(config);
  }

  @Override
  protected String kind() {
    return "Electra("
        + config.numHiddenLayers()
        + " layers, hidden "
        + config.hiddenSize()
        + ", heads "
        + config.bert().numAttentionHeads()
        + ", embeddings "
        + config.embeddingSize()
        + ")";
  }

  /** {@code gelu(dense(x))}. */
  private static final class Summary extends Layer {
    private final Linear dense;

    Summary(ElectraConfig config) {
      dense = add("dense", EncoderLayer.linear(config.hiddenSize(), config.hiddenSize()));
    }

    @Override
    public Tensor forward(Tensor x) {
      return dense.forward(x, Activation.GELU);
    }
  }
}
