package io.github.jaubert.bert.models.nomic;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.Architecture;
import io.github.jaubert.bert.ConfigJson;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.models.rotary.RotaryConfig;
import io.github.jaubert.bert.models.rotary.RotaryPositions;
import io.github.jaubert.bert.models.rotary.RotarySizes;
import io.github.jaubert.nn.Activation;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;

/**
 * The sizes and settings of a Nomic BERT. Immutable.
 *
 * @param sizes has at least one kind of segments
 */
public record NomicBertConfig(RotarySizes sizes) implements RotaryConfig {
  /** Checks the values. */
  public NomicBertConfig {
    Objects.requireNonNull(sizes, "sizes");
    ConfigJson.atLeastOne("type_vocab_size", sizes.typeVocabSize());
  }

  /**
   * nomic-embed-text of Nussbaum et al. 2024, 137 million parameters, as transformers has it: 12
   * layers, hidden size 768, 12 heads, 2,048 tokens.
   */
  public static NomicBertConfig nomicBertBase() {
    return new NomicBertConfig(
        new RotarySizes(
            30_528,
            768,
            12,
            12,
            3072,
            "silu",
            0,
            0,
            2048,
            2,
            0.02,
            1e-12,
            0,
            null,
            new RotaryPositions(1000, 1)));
  }

  /** The same with other sizes, as {@code s -> s.withVocabSize(99)}. */
  public NomicBertConfig with(UnaryOperator<RotarySizes> change) {
    return new NomicBertConfig(change.apply(sizes));
  }

  @Override
  public Architecture architecture() {
    return NomicBert.ARCHITECTURE;
  }

  @Override
  public NomicBert newEncoder() {
    return new NomicBert(this);
  }

  /** {@code NONE} for SiLU, which {@link NomicBert} applies itself. */
  @Override
  public Activation headActivation() {
    return sizes.gate().activation();
  }

  @Override
  public Activation detectorActivation() {
    return Activation.GELU;
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
            "encoder.layers.0.mlp.fc11.weight", 0, "intermediate_size", sizes.intermediateSize()));
    return all;
  }

  // ---- config.json ----

  /**
   * Reads config.json of a Hugging Face folder.
   *
   * @throws CheckpointException if it is missing, is no Nomic BERT's, or has a value that is not
   *     possible
   */
  public static NomicBertConfig fromPretrained(Path folder) {
    return read(ConfigJson.of(folder));
  }

  /**
   * The same of fields that were read; a missing one has Hugging Face's default. Fields that the
   * model's own code had before transformers knew it, such as {@code n_embd}, are read too.
   */
  public static NomicBertConfig read(ConfigJson json) {
    json.mustBe("model_type", "nomic_bert", "only Nomic BERT is read here");
    json.mustBe("is_decoder", "false", "only encoders are supported");
    ConfigJson current = OlderNomicJson.isIn(json) ? OlderNomicJson.current(json) : json;
    return json.checked(
        () -> new NomicBertConfig(RotarySizes.read(current, nomicBertBase().sizes)));
  }

  @Override
  public ObjectNode toJson() {
    return sizes.toJson().put("head_dim", sizes.headSize());
  }
}
