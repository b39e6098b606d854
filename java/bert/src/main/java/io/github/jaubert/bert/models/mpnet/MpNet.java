package io.github.jaubert.bert.models.mpnet;

import io.github.jaubert.bert.Architecture;
import io.github.jaubert.bert.DenseTransform;
import io.github.jaubert.bert.Encoder;
import io.github.jaubert.bert.EncoderLayer;
import io.github.jaubert.bert.HeadType;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.TokenEmbeddings;
import io.github.jaubert.bert.TokenInputs;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.ModelNames;
import io.github.jaubert.bert.models.bert.BertPooler;
import io.github.jaubert.nn.Activation;
import io.github.jaubert.nn.Block;
import io.github.jaubert.nn.Embedding;
import io.github.jaubert.nn.Init;
import io.github.jaubert.nn.Layer;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;

/**
 * The encoder of Song et al. 2020 with Hugging Face's arithmetic and parameter names ({@code
 * encoder.layer.0.attention.attn.q.weight}): BERT's layers without segments, positions that begin
 * behind that of padding, and besides a bias by how far apart two tokens are (Raffel et al. 2020),
 * of which all layers share the table. Its attention is {@link
 * io.github.jaubert.bert.PaddedAttention}, not the fused one. A classifier of whole texts has two
 * layers and no pooler.
 *
 * <p>A padding token that is written in a text has a position as any other; in {@code transformers}
 * it has that of padding.
 *
 * <p>A new model is in training mode, one that was loaded in evaluation mode.
 */
public final class MpNet extends Encoder {
  /** MPNet's names in Hugging Face's checkpoints. */
  public static final Architecture ARCHITECTURE = new MpNetArchitecture();

  private static final String TABLE = "encoder.relative_attention_bias";

  /** The table of biases, {@code [buckets, heads]}. */
  public static final String BIAS = TABLE + ".weight";

  private static final int EACH_SIDE = 16; // buckets of keys before the query, and of those behind
  private static final int EXACT = 8; // distances that have a bucket of their own

  private final MpNetConfig config;
  private final TokenEmbeddings embeddings;
  private final BertPooler pooler; // null: there is none

  /** A model whose parameters have no sensible values yet. */
  MpNet(MpNetConfig config) {
    this.config = config;
    embeddings =
        add(
            "embeddings",
            new TokenEmbeddings(config, config.layerNormEps(), config.bert().hiddenDropoutProb()));
    Embedding biases =
        Embedding.of(
            Init.zeros(config.relativeAttentionNumBuckets(), config.bert().numAttentionHeads()));
    Map<String, Block> parts = new LinkedHashMap<>();
    List<EncoderLayer> layers = new ArrayList<>();
    for (int i = 0; i < config.numHiddenLayers(); i++) {
      layers.add(new MpNetLayer(config.bert(), biases));
      parts.put(ARCHITECTURE.layers() + "." + i, layers.get(i));
    }
    parts.put(TABLE, biases);
    addSharedLayers(parts, layers);
    pooler = add("pooler", new BertPooler(config.hiddenSize()));
  }

  /** One with the embeddings and layers of another, and no pooler. */
  private MpNet(MpNet other) {
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
  public static MpNet of(MpNetConfig config) {
    return initialised(new MpNet(config));
  }

  /**
   * Loads a Hugging Face folder as {@link Encoder#fromPretrained} does.
   *
   * @throws CheckpointException also if it holds another architecture
   */
  public static MpNet fromPretrained(Path folder) {
    return load(folder, MpNetConfig::read, MpNetConfig::newEncoder);
  }

  /**
   * The same for a folder or the name of a model on a hub, such as {@code OWNER/NAME}, which is
   * fetched if need be, see {@link ModelNames#folder}.
   */
  public static MpNet fromPretrained(String folderOrName) {
    return fromPretrained(ModelNames.folder(folderOrName, true));
  }

  // ---- what it is made of ----

  @Override
  public MpNetConfig config() {
    return config;
  }

  @Override
  protected Tensor embed(TokenInputs inputs) {
    return embeddings.forward(inputs, MpNetConfig.FIRST_POSITION, computeType());
  }

  @Override
  protected IntUnaryOperator relativeBuckets() {
    return MpNet::bucket;
  }

  /**
   * T5's buckets (Raffel et al. 2020): 16 for the query itself and keys before it, 16 for keys
   * behind. The first 8 of each are one distance, the others grow by the root of two, and all that
   * is 91 and more away falls into the last.
   *
   * @param offset place of the key less that of the query
   */
  public static int bucket(int offset) {
    long distance = Math.abs((long) offset);
    int log2 = Long.SIZE - 1 - Long.numberOfLeadingZeros(distance * distance);
    long bucket = distance < EXACT ? distance : Math.min(EACH_SIDE - 1, EXACT + log2 - 6);
    return (int) bucket + (offset > 0 ? EACH_SIDE : 0);
  }

  /** A classifier of whole texts has layers of its own instead. */
  @Override
  protected boolean keepsPooler(HeadType head) {
    return head.pooler() && !head.equals(SequenceClassifier.TYPE);
  }

  @Override
  protected MpNet withoutPooler() {
    if (pooler == null) {
      return this;
    }
    pooler.close();
    MpNet rest = new MpNet(this);
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
    return "MPNet(%d layers, hidden %d, heads %d)"
        .formatted(
            config.numHiddenLayers(), config.hiddenSize(), config.bert().numAttentionHeads());
  }
}
