package io.github.jaubert.bert.models.roberta;

import io.github.jaubert.bert.Architecture;
import io.github.jaubert.bert.DenseTransform;
import io.github.jaubert.bert.Encoder;
import io.github.jaubert.bert.HeadType;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.TokenEmbeddings;
import io.github.jaubert.bert.TokenInputs;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.ModelNames;
import io.github.jaubert.bert.models.bert.BertLayer;
import io.github.jaubert.bert.models.bert.BertPooler;
import io.github.jaubert.nn.Activation;
import io.github.jaubert.nn.Layer;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;

/**
 * The encoder of Liu et al. 2019 with Hugging Face's arithmetic and parameter names ({@code
 * encoder.layer.0.attention.self.query.weight}), and those that are built like it: XLM-RoBERTa
 * (Conneau et al. 2020) and CamemBERT (Martin et al. 2020). It is BERT's but for its positions,
 * which begin behind that of padding, and its one segment. The pooler is the encoder's own; a
 * classifier of whole texts has two layers beside it instead.
 *
 * <p>A padding token that is written in a text has a position as any other; in {@code transformers}
 * it has that of padding.
 *
 * <p>A new model is in training mode, one that was loaded in evaluation mode.
 */
public final class Roberta extends Encoder {
  /** RoBERTa's names in Hugging Face's checkpoints. */
  public static final Architecture ARCHITECTURE =
      new RobertaArchitecture("roberta", "Roberta", "RoBERTa");

  /** XLM-RoBERTa's names. */
  public static final Architecture XLM_ROBERTA =
      new RobertaArchitecture("xlm-roberta", "XLMRoberta", "XLM-RoBERTa");

  /** CamemBERT's names. */
  public static final Architecture CAMEMBERT =
      new RobertaArchitecture("camembert", "Camembert", "CamemBERT");

  private final RobertaConfig config;
  private final TokenEmbeddings embeddings;
  private final BertPooler pooler; // null: there is none

  /** A model whose parameters have no sensible values yet. */
  Roberta(RobertaConfig config) {
    this.config = config;
    embeddings =
        add(
            "embeddings",
            new TokenEmbeddings(config, config.layerNormEps(), config.bert().hiddenDropoutProb()));
    addLayers(config.numHiddenLayers(), () -> new BertLayer(config.bert()));
    pooler = add("pooler", new BertPooler(config.hiddenSize()));
  }

  /** One with the embeddings and layers of another, and no pooler. */
  private Roberta(Roberta other) {
    config = other.config;
    embeddings = add("embeddings", other.embeddings);
    takeLayers(other);
    pooler = null;
  }

  /**
   * The architecture of a {@code model_type}.
   *
   * @throws IllegalArgumentException if it is none of the three
   */
  static Architecture architecture(String modelType) {
    for (Architecture one : List.of(ARCHITECTURE, XLM_ROBERTA, CAMEMBERT)) {
      if (one.modelType().equals(modelType)) {
        return one;
      }
    }
    throw new IllegalArgumentException(
        "model_type is '" + modelType + "': only roberta, xlm-roberta and camembert are read here");
  }

  // ---- making one ----

  /**
   * A new model: weights normal with {@code initializerRange} from {@code Rng.global()}, biases 0,
   * LayerNorm 1 and 0.
   */
  public static Roberta of(RobertaConfig config) {
    return initialised(new Roberta(config));
  }

  /**
   * Loads a Hugging Face folder as {@link Encoder#fromPretrained} does.
   *
   * @throws CheckpointException also if it holds another architecture
   */
  public static Roberta fromPretrained(Path folder) {
    return load(folder, RobertaConfig::read, RobertaConfig::newEncoder);
  }

  /**
   * The same for a folder or the name of a model on a hub, such as {@code OWNER/NAME}, which is
   * fetched if need be, see {@link ModelNames#folder}.
   */
  public static Roberta fromPretrained(String folderOrName) {
    return fromPretrained(ModelNames.folder(folderOrName, true));
  }

  // ---- what it is made of ----

  @Override
  public RobertaConfig config() {
    return config;
  }

  @Override
  protected Tensor embed(TokenInputs inputs) {
    return embeddings.forward(inputs, config.firstPosition(), computeType());
  }

  /** A classifier of whole texts has layers of its own instead. */
  @Override
  protected boolean keepsPooler(HeadType head) {
    return head.pooler() && !head.equals(SequenceClassifier.TYPE);
  }

  @Override
  protected Roberta withoutPooler() {
    if (pooler == null) {
      return this;
    }
    pooler.close();
    Roberta rest = new Roberta(this);
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
  protected Layer newClassifierTransform() {
    return new DenseTransform(config, Activation.TANH);
  }

  /** A head for multiple choice reads the pooler. */
  @Override
  protected Layer newChoiceTransform() {
    return null;
  }

  @Override
  protected String kind() {
    return "%s(%d layers, hidden %d, heads %d)"
        .formatted(
            architecture().className(),
            config.numHiddenLayers(),
            config.hiddenSize(),
            config.bert().numAttentionHeads());
  }
}
