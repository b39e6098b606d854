package io.github.jaubert.bert.models.gte;

import io.github.jaubert.bert.Architecture;
import io.github.jaubert.bert.ConfigJson;
import io.github.jaubert.bert.EncoderConfig;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * GTE's names: those of Alibaba's files, which transformers saves too, although its code has
 * others. The files themselves have another {@code model_type}.
 */
record GteArchitecture(String modelType) implements Architecture {
  private static final Map<String, String> HEAD_NAMES =
      Map.of(
          "cls.predictions.transform.dense", "lm_head.dense",
          "cls.predictions.transform.dense.weight", "lm_head.dense.weight",
          "cls.predictions.transform.LayerNorm", "lm_head.norm",
          "cls.predictions.bias", "lm_head.decoder.bias",
          "cls.predictions.decoder.weight", "lm_head.decoder.weight",
          "cls.predictions.decoder.bias", "lm_head.decoder.bias");

  @Override
  public String className() {
    return "Gte";
  }

  @Override
  public String name() {
    return "GTE";
  }

  @Override
  public String prefix() {
    return "gte";
  }

  @Override
  public Set<String> parts() {
    return Set.of("embeddings", "encoder", "pooler");
  }

  @Override
  public String headName(String name) {
    return HEAD_NAMES.getOrDefault(name, name);
  }

  @Override
  public List<String> loraTargets() {
    return List.of("qkv_proj");
  }

  /** In Alibaba's files the encoder under a head is called {@code new}. */
  @Override
  public String currentName(String name) {
    return name.replaceFirst("^new\\.", "");
  }

  @Override
  public EncoderConfig readConfig(ConfigJson json) {
    return GteConfig.read(json);
  }
}
