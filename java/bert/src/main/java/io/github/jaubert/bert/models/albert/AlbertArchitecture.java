package io.github.jaubert.bert.models.albert;

import io.github.jaubert.bert.Architecture;
import io.github.jaubert.bert.ConfigJson;
import io.github.jaubert.bert.EncoderConfig;
import java.util.Map;
import java.util.Set;

/** ALBERT's names. */
final class AlbertArchitecture implements Architecture {
  private static final Map<String, String> HEAD_NAMES =
      Map.of(
          "cls.predictions.transform.dense", "predictions.dense",
          "cls.predictions.transform.dense.weight", "predictions.dense.weight",
          "cls.predictions.transform.LayerNorm", "predictions.LayerNorm",
          "cls.predictions.bias", "predictions.bias",
          "cls.predictions.decoder.weight", "predictions.decoder.weight",
          "cls.predictions.decoder.bias", "predictions.decoder.bias");

  @Override
  public String modelType() {
    return "albert";
  }

  @Override
  public String className() {
    return "Albert";
  }

  @Override
  public String name() {
    return "ALBERT";
  }

  @Override
  public Set<String> parts() {
    return Set.of("embeddings", "encoder", "pooler");
  }

  /** The groups of layers that are there once, however often they compute. */
  @Override
  public String layers() {
    return "encoder.albert_layer_groups";
  }

  @Override
  public String headName(String name) {
    return HEAD_NAMES.getOrDefault(name, name);
  }

  @Override
  public EncoderConfig readConfig(ConfigJson json) {
    return AlbertConfig.read(json);
  }
}
