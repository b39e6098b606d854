package io.github.jaubert.bert.models.ernie;

import io.github.jaubert.bert.Architecture;
import io.github.jaubert.bert.Encoder;
import io.github.jaubert.bert.TokenInputs;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.ModelNames;
import io.github.jaubert.bert.models.bert.BertLayer;
import io.github.jaubert.bert.models.bert.BertPooler;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Path;

/**
 * The encoder of Sun et al. 2019 (ERNIE), 2020 (2.0) and 2021 (3.0) as Hugging Face's {@code
 * ErnieModel}, with its arithmetic and parameter names: BERT, whose embeddings may have a vector of
 * the task that a text belongs to. All texts are of the first task, as in {@code transformers}
 * where none is given.
 *
 * <p>A new model is in training mode, one that was loaded in evaluation mode.
 */
public final class Ernie extends Encoder {
  /** ERNIE's names in Hugging Face's checkpoints. */
  public static final Architecture ARCHITECTURE = new ErnieArchitecture();

  /** The vectors of tasks, {@code [tasks, hidden]}, where the config has them. */
  public static final String TASKS = "embeddings.task_type_embeddings.weight";

  private final ErnieConfig config;
  private final ErnieEmbeddings embeddings;
  private final BertPooler pooler; // null: there is none

  /** A model whose parameters have no sensible values yet. */
  Ernie(ErnieConfig config) {
    this.config = config;
    embeddings = add("embeddings", new ErnieEmbeddings(config));
    addLayers(config.numHiddenLayers(), () -> new BertLayer(config.bert()));
    pooler = add("pooler", new BertPooler(config.hiddenSize()));
  }

  /** One with the embeddings and layers of another, and no pooler. */
  private Ernie(Ernie other) {
    config = other.config;
    embeddings = add("embeddings", other.embeddings);
    takeLayers(other);
    pooler = null;
  }

  // ---- making one ----

  /**
   * A new model: weights normal with {@code initializerRange} from {@code Rng.global()}, biases 0,
   * LayerNorm 1 and 0.
   */
  public static Ernie of(ErnieConfig config) {
    return initialised(new Ernie(config));
  }

  /**
   * Loads a Hugging Face folder as {@link Encoder#fromPretrained} does.
   *
   * @throws CheckpointException also if it holds another architecture
   */
  public static Ernie fromPretrained(Path folder) {
    return load(folder, ErnieConfig::read, ErnieConfig::newEncoder);
  }

  /**
   * The same for a folder or the name of a model on a hub, such as {@code OWNER/NAME}, which is
   * fetched if need be, see {@link ModelNames#folder}.
   */
  public static Ernie fromPretrained(String folderOrName) {
    return fromPretrained(ModelNames.folder(folderOrName, true));
  }

  // ---- what it is made of ----

  @Override
  public ErnieConfig config() {
    return config;
  }

  @Override
  protected Tensor embed(TokenInputs inputs) {
    return embeddings.forward(inputs, computeType());
  }

  @Override
  protected Ernie withoutPooler() {
    if (pooler == null) {
      return this;
    }
    pooler.close();
    Ernie rest = new Ernie(this);
    if (!training()) {
      rest.eval();
    }
    return rest;
  }

  /**
   * {@code tanh(dense(x))}.
   *
   * @throws IllegalStateException if there is no pooler, as under a head for tokens
   */
  @Override
  protected Tensor pool(Tensor firstTokens) {
    if (pooler == null) {
      throw new IllegalStateException("pooled: the encoder of a head for tokens has no pooler");
    }
    return pooler.forward(firstTokens);
  }

  @Override
  protected String kind() {
    return "Ernie(%d layers, hidden %d, heads %d)"
        .formatted(
            config.numHiddenLayers(), config.hiddenSize(), config.bert().numAttentionHeads());
  }
}
