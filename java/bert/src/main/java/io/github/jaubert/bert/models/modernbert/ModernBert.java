package io.github.jaubert.bert.models.modernbert;

import io.github.jaubert.bert.Architecture;
import io.github.jaubert.bert.Encoder;
import io.github.jaubert.bert.TokenInputs;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.ModelNames;
import io.github.jaubert.nn.Block;
import io.github.jaubert.nn.Embedding;
import io.github.jaubert.nn.F;
import io.github.jaubert.nn.Init;
import io.github.jaubert.nn.Layer;
import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.stream.IntStream;

/**
 * The encoder of Warner et al. 2024 with Hugging Face's arithmetic and parameter names ({@code
 * layers.0.attn.Wqkv.weight}): positions by rotation, norms before attention and the gated
 * feed-forward part, attention to whole sequences in some layers and to neighbours in others. It
 * has neither segments nor a pooler; {@code head.dense} and {@code head.norm} begin every head.
 *
 * <p>A new model is in training mode, one that was loaded in evaluation mode.
 */
public final class ModernBert extends Encoder {
  /** ModernBERT's names in Hugging Face's checkpoints. */
  public static final Architecture ARCHITECTURE = new ModernBertArchitecture();

  private final ModernBertConfig config;
  private final Embeddings embeddings;
  private final Norm finalNorm;

  /** A model whose parameters have no sensible values yet. */
  ModernBert(ModernBertConfig config) {
    this.config = config;
    embeddings = add("embeddings", new Embeddings(config));
    int count = config.numHiddenLayers();
    Iterator<ModernBertLayer> layers =
        IntStream.range(0, count).mapToObj(i -> new ModernBertLayer(config, i)).iterator();
    addLayers(count, layers::next);
    finalNorm = add("final_norm", new Norm(config));
  }

  /**
   * A new model: weights from {@code Rng.global()}, normal and cut at {@code
   * initializerCutoffFactor} deviations, which are {@code initializerRange}, and for what is added
   * up from layer to layer smaller by the root of twice the layers; biases 0, norms 1.
   */
  public static ModernBert of(ModernBertConfig config) {
    return initialised(new ModernBert(config));
  }

  /**
   * Loads a Hugging Face folder as {@link Encoder#fromPretrained} does.
   *
   * @throws CheckpointException also if it holds another architecture
   */
  public static ModernBert fromPretrained(Path folder) {
    return load(folder, ModernBertConfig::read, ModernBertConfig::newEncoder);
  }

  /**
   * The same for a folder or the name of a model on a hub, such as {@code OWNER/NAME}, which is
   * fetched if need be, see {@link ModelNames#folder}.
   */
  public static ModernBert fromPretrained(String folderOrName) {
    return fromPretrained(ModelNames.folder(folderOrName, true));
  }

  @Override
  public ModernBertConfig config() {
    return config;
  }

  @Override
  protected Tensor embed(TokenInputs inputs) {
    Tensor words = F.embedding(embeddings.words.weight(), inputs.inputIds());
    Tensor normed = embeddings.norm.forward(words).to(computeType());
    return F.dropout(normed, training() ? (float) config.embeddingDropout() : 0);
  }

  @Override
  protected Tensor finalNorm(Tensor hidden) {
    return finalNorm.forward(hidden);
  }

  @Override
  protected Layer newClassifierTransform() {
    return new ModernBertHead(config);
  }

  @Override
  protected Layer newTokenTransform() {
    return new ModernBertHead(config);
  }

  @Override
  protected Tensor firstValues(String name, Shape shape) {
    return TruncatedNormal.of(deviation(name), config.initializerCutoffFactor(), shape);
  }

  private double deviation(String name) {
    if (name.endsWith("Wo.weight") || name.endsWith("head.dense.weight")) {
      return config.initializerRange() / Math.sqrt(2.0 * config.numHiddenLayers());
    }
    return name.endsWith("classifier.weight")
        ? 1 / Math.sqrt(config.hiddenSize())
        : config.initializerRange();
  }

  @Override
  protected String kind() {
    return "ModernBert("
        + config.numHiddenLayers()
        + " layers, hidden "
        + config.hiddenSize()
        + ", heads "
        + config.numAttentionHeads()
        + ")";
  }

  private static final class Embeddings extends Block {
    private final Embedding words;
    private final Norm norm;

    Embeddings(ModernBertConfig config) {
      Tensor table = Init.zeros(config.vocabSize(), config.hiddenSize());
      words = add("tok_embeddings", Embedding.of(table));
      norm = add("norm", new Norm(config));
    }
  }
}
