package io.github.jaubert.examples;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.Architecture;
import io.github.jaubert.bert.ConfigJson;
import io.github.jaubert.bert.Encoder;
import io.github.jaubert.bert.EncoderConfig;
import io.github.jaubert.bert.EncoderLayer;
import io.github.jaubert.bert.TokenInputs;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.nn.AttentionOptions;
import io.github.jaubert.nn.Block;
import io.github.jaubert.nn.Embedding;
import io.github.jaubert.nn.F;
import io.github.jaubert.nn.LayerNorm;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.tensor.Tensor;

/**
 * An encoder of one's own: each part begins with a norm (Xiong et al. 2020), and GeGLU (Shazeer
 * 2020) stands between the two products of the feed-forward part. {@code
 * Architectures.register(OwnEncoder.ARCHITECTURE)} has {@code fromPretrained} load it.
 */
public final class OwnEncoder extends Encoder {
  /** How its checkpoints call what it has. */
  public static final Architecture ARCHITECTURE =
      Architecture.of("own", "Own", Config::read, "embeddings", "encoder", "final_norm");

  private final Config config;
  private final Embeddings embeddings;
  private final LayerNorm finalNorm;

  private OwnEncoder(Config config) {
    this.config = config;
    embeddings = add("embeddings", new Embeddings(config));
    addLayers(config.numHiddenLayers(), () -> new Layer(config));
    finalNorm = add("final_norm", LayerNorm.of(config.hiddenSize()));
  }

  @Override
  public Config config() {
    return config;
  }

  @Override
  protected Tensor embed(TokenInputs inputs) {
    Tensor words = embeddings.words.forward(inputs.inputIds());
    return words.add(embeddings.positions.forward(inputs.positionIds()));
  }

  @Override
  protected Tensor finalNorm(Tensor hidden) {
    return finalNorm.forward(hidden);
  }

  private static final class Embeddings extends Block {
    final Embedding words;
    final Embedding positions;

    Embeddings(Config config) {
      words = add("word_embeddings", Embedding.of(config.vocabSize(), config.hiddenSize()));
      positions =
          add("positions", Embedding.of(config.maxPositionEmbeddings(), config.hiddenSize()));
    }
  }

  private static final class Layer extends EncoderLayer {
    private final int heads;
    private final float dropout;
    private final LayerNorm attentionNorm;
    private final Linear query;
    private final Linear key;
    private final Linear value;
    private final Linear out;
    private final LayerNorm norm;
    private final Linear up;
    private final Linear down;

    Layer(Config config) {
      int hidden = config.hiddenSize();
      heads = config.heads();
      dropout = (float) config.dropout();
      attentionNorm = add("attention_norm", LayerNorm.of(hidden));
      query = add("query", Linear.of(hidden, hidden));
      key = add("key", Linear.of(hidden, hidden));
      value = add("value", Linear.of(hidden, hidden));
      out = add("out", Linear.of(hidden, hidden));
      norm = add("norm", LayerNorm.of(hidden));
      up = add("up", Linear.of(hidden, 4 * hidden)); // two halves: GELU's and what it gates
      down = add("down", Linear.of(2 * hidden, hidden));
    }

    @Override
    protected Tensor attend(Tensor x, TokenInputs inputs) {
      AttentionOptions options = AttentionOptions.dropout(training() ? dropout : 0);
      Tensor normal = attentionNorm.forward(x);
      return selfAttention(normal, inputs, query, key, value, heads, options);
    }

    @Override
    protected Tensor finish(Tensor attended, Tensor x) {
      Tensor y = x.add(drop(out.forward(attended)));
      return y.add(drop(down.forward(F.geglu(up.forward(norm.forward(y))))));
    }

    private Tensor drop(Tensor x) {
      return F.dropout(x, training() ? dropout : 0);
    }
  }

  /** Its sizes and settings. */
  public record Config(
      int vocabSize,
      int hiddenSize,
      int numHiddenLayers,
      int heads,
      int maxPositionEmbeddings,
      double dropout)
      implements EncoderConfig {
    /** Checks the heads. */
    public Config {
      ConfigJson.multiple("hidden_size", hiddenSize, "heads", heads);
    }

    @Override
    public Architecture architecture() {
      return ARCHITECTURE;
    }

    @Override
    public OwnEncoder newEncoder() {
      return new OwnEncoder(this);
    }

    @Override
    public double classifierDropoutProb() {
      return dropout;
    }

    @Override
    public ObjectNode toJson() {
      return JsonFiles.object()
          .put("vocab_size", vocabSize)
          .put("hidden_size", hiddenSize)
          .put("num_hidden_layers", numHiddenLayers)
          .put("heads", heads)
          .put("max_position_embeddings", maxPositionEmbeddings)
          .put("dropout", dropout);
    }

    static Config read(ConfigJson json) {
      return new Config(
          json.integer("vocab_size", 30522),
          json.integer("hidden_size", 256),
          json.integer("num_hidden_layers", 4),
          json.integer("heads", 4),
          json.integer("max_position_embeddings", 512),
          json.number("dropout", 0.1));
    }
  }
}
