package io.github.jaubert.bert.models.distilbert;

import io.github.jaubert.bert.Architecture;
import io.github.jaubert.bert.Encoder;
import io.github.jaubert.bert.EncoderLayer;
import io.github.jaubert.bert.TokenEmbeddings;
import io.github.jaubert.bert.TokenInputs;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.ModelNames;
import io.github.jaubert.nn.Activation;
import io.github.jaubert.nn.Layer;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Path;

/**
 * The encoder of Sanh et al. 2019 with Hugging Face's arithmetic and parameter names ({@code
 * transformer.layer.0.attention.q_lin.weight}). It has neither segments nor a pooler: a classifier
 * of whole texts has a {@code pre_classifier} beside it.
 *
 * <p>A new model is in training mode, one that was loaded in evaluation mode.
 */
public final class DistilBert extends Encoder {
  /** DistilBERT's names in Hugging Face's checkpoints. */
  public static final Architecture ARCHITECTURE = new DistilBertArchitecture();

  private final DistilBertConfig config;
  private final TokenEmbeddings embeddings;

  /** A model whose parameters have no sensible values yet. */
  DistilBert(DistilBertConfig config) {
    this.config = config;
    embeddings = add("embeddings", new TokenEmbeddings(config, 1e-12, config.dropout()));
    addLayers(config.nLayers(), () -> new DistilBertLayer(config));
  }

  /**
   * A new model: weights normal with {@code initializerRange} from {@code Rng.global()}, biases 0,
   * LayerNorm 1 and 0.
   */
  public static DistilBert of(DistilBertConfig config) {
    return initialised(new DistilBert(config));
  }

  /**
   * Loads a Hugging Face folder as {@link Encoder#fromPretrained} does.
   *
   * @throws CheckpointException also if it holds another architecture
   */
  public static DistilBert fromPretrained(Path folder) {
    return load(folder, DistilBertConfig::read, DistilBertConfig::newEncoder);
  }

  /**
   * The same for a folder or the name of a model on a hub, such as {@code OWNER/NAME}, which is
   * fetched if need be, see {@link ModelNames#folder}.
   */
  public static DistilBert fromPretrained(String folderOrName) {
    return fromPretrained(ModelNames.folder(folderOrName, true));
  }

  @Override
  public DistilBertConfig config() {
    return config;
  }

  @Override
  protected Tensor embed(TokenInputs inputs) {
    return embeddings.forward(inputs, computeType());
  }

  @Override
  protected Layer newClassifierTransform() {
    return new PreClassifier(config.dim());
  }

  @Override
  protected void initialise(Parameter parameter) {
    if (config.sinusoidalPosEmbds() && parameter.name().endsWith("position_embeddings.weight")) {
      parameter.tensor().copyFrom(sinusoids(config.maxPositionEmbeddings(), config.dim()));
    } else {
      super.initialise(parameter);
    }
  }

  /** Sines in even columns and cosines in odd ones (Vaswani et al. 2017, section 3.5). */
  private static float[] sinusoids(int positions, int dim) {
    float[] table = new float[positions * dim];
    for (int i = 0; i < table.length; i++) {
      int column = i % dim;
      double angle = i / dim / Math.pow(10_000, 2.0 * (column / 2) / dim);
      table[i] = (float) (column % 2 == 0 ? Math.sin(angle) : Math.cos(angle));
    }
    return table;
  }

  @Override
  protected String kind() {
    return "DistilBert("
        + config.nLayers()
        + " layers, hidden "
        + config.dim()
        + ", heads "
        + config.nHeads()
        + ")";
  }

  /** {@code relu(pre_classifier(x))}. */
  private static final class PreClassifier extends Layer {
    private final Linear dense;

    PreClassifier(int dim) {
      dense = add("pre_classifier", EncoderLayer.linear(dim, dim));
    }

    @Override
    public Tensor forward(Tensor x) {
      return dense.forward(x, Activation.RELU);
    }
  }
}
