package io.github.jaubert.bert.models.distilbert;

import io.github.jaubert.bert.Architecture;
import io.github.jaubert.bert.ConfigJson;
import io.github.jaubert.bert.EncoderConfig;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** DistilBERT's names. */
final class DistilBertArchitecture implements Architecture {
  private static final Map<String, String> FIELDS =
      Map.of("hidden_size", "dim", "num_hidden_layers", "n_layers");

  private static final Map<String, String> HEAD_NAMES =
      Map.of(
          "cls.predictions.transform.dense", "vocab_transform",
          "cls.predictions.transform.dense.weight", "vocab_transform.weight",
          "cls.predictions.transform.LayerNorm", "vocab_layer_norm",
          "cls.predictions.bias", "vocab_projector.bias",
          "cls.predictions.decoder.weight", "vocab_projector.weight",
          "cls.predictions.decoder.bias", "vocab_projector.bias");

  @Override
  public String modelType() {
    return "distilbert";
  }

  @Override
  public String className() {
    return "DistilBert";
  }

  @Override
  public String name() {
    return "DistilBERT";
  }

  @Override
  public Set<String> parts() {
    return Set.of("embeddings", "transformer");
  }

  @Override
  public String layers() {
    return "transformer.layer";
  }

  @Override
  public String headName(String name) {
    return HEAD_NAMES.getOrDefault(name, name);
  }

  @Override
  public String field(String name) {
    return FIELDS.getOrDefault(name, name);
  }

  @Override
  public List<String> loraTargets() {
    return List.of("q_lin", "v_lin");
  }

  @Override
  public EncoderConfig readConfig(ConfigJson json) {
    return DistilBertConfig.read(json);
  }
}
