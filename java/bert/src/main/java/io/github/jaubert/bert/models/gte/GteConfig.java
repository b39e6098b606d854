package io.github.jaubert.bert.models.gte;

import io.github.jaubert.bert.Architecture;
import io.github.jaubert.bert.ConfigJson;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.models.rotary.RotaryConfig;
import io.github.jaubert.bert.models.rotary.RotaryPositions;
import io.github.jaubert.bert.models.rotary.RotarySizes;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;

/**
 * The sizes and settings of a GTE. Immutable.
 *
 * @param sizes may have no segments
 */
public record GteConfig(RotarySizes sizes) implements RotaryConfig {
  /** Checks the values. */
  public GteConfig {
    Objects.requireNonNull(sizes, "sizes");
  }

  /**
   * gte-multilingual-base of Zhang et al. 2024, 305 million parameters, as transformers has it: 12
   * layers, hidden size 768, 12 heads, 8,192 tokens.
   */
  public static GteConfig gteMultilingualBase() {
    return new GteConfig(
        new RotarySizes(
            250_048,
            768,
            12,
            12,
            3072,
            "gelu",
            0.1,
            0,
            8192,
            1,
            0.02,
            1e-12,
            1,
            null,
            new RotaryPositions(160_000, 1)));
  }

  /** The same with other sizes, as {@code s -> s.withVocabSize(99)}. */
  public GteConfig with(UnaryOperator<RotarySizes> change) {
    return new GteConfig(change.apply(sizes));
  }

  @Override
  public Architecture architecture() {
    return Gte.ARCHITECTURE;
  }

  @Override
  public Gte newEncoder() {
    return new Gte(this);
  }

  @Override
  public double parameterCount() {
    double biases = 5.0 * hiddenSize() * numHiddenLayers();
    return RotaryConfig.super.parameterCount() + biases;
  }

  @Override
  public List<StoredSize> storedSizes() {
    List<StoredSize> all = new ArrayList<>(RotaryConfig.super.storedSizes());
    all.add(
        new StoredSize(
            "embeddings.token_type_embeddings.weight",
            0,
            "type_vocab_size",
            sizes.typeVocabSize()));
    all.add(
        new StoredSize(
            "encoder.layer.0.mlp.down_proj.weight",
            1,
            "intermediate_size",
            sizes.intermediateSize()));
    return all;
  }

  // ---- config.json ----

  /**
   * Reads config.json of a Hugging Face folder.
   *
   * @throws CheckpointException if it is missing, is no GTE's, or has a value that is not possible
   */
  public static GteConfig fromPretrained(Path folder) {
    return read(ConfigJson.of(folder));
  }

  /**
   * The same of fields that were read; a missing one has Hugging Face's default. Alibaba's own
   * folders, of the {@code model_type} {@code new}, are read too.
   */
  public static GteConfig read(ConfigJson json) {
    String type = json.text("model_type", Gte.ARCHITECTURE.modelType());
    boolean older = type.equals(Gte.NEW.modelType());
    if (!older) {
      json.mustBe("model_type", Gte.ARCHITECTURE.modelType(), "only GTE is read here");
    }
    json.mustBe("is_decoder", "false", "only encoders are supported");
    json.mustBe("position_embedding_type", "rope", "only rotary positions are supported");
    json.mustBe("layer_norm_type", "layer_norm", "only layer_norm is supported");
    json.mustBe("logn_attention_scale", "false", "only false is supported");
    json.mustBe("pack_qkv", "true", "only true is supported");
    RotarySizes base = gteMultilingualBase().sizes;
    return json.checked(() -> new GteConfig(RotarySizes.read(json, older ? older(base) : base)));
  }

  /** What Alibaba's code takes where its config.json says nothing. */
  private static RotarySizes older(RotarySizes s) {
    return new RotarySizes(
        30_528,
        s.hiddenSize(),
        s.numHiddenLayers(),
        s.numAttentionHeads(),
        s.intermediateSize(),
        s.hiddenAct(),
        s.hiddenDropoutProb(),
        s.attentionProbsDropoutProb(),
        2048,
        s.typeVocabSize(),
        s.initializerRange(),
        s.layerNormEps(),
        0,
        null,
        new RotaryPositions(10_000, 1));
  }
}
