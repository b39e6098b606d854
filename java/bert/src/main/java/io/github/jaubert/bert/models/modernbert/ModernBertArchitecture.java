package io.github.jaubert.bert.models.modernbert;

import io.github.jaubert.bert.Architecture;
import io.github.jaubert.bert.ConfigJson;
import io.github.jaubert.bert.EncoderConfig;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** ModernBERT's names. */
final class ModernBertArchitecture implements Architecture {
  private static final Map<String, String> HEAD_NAMES =
      Map.of(
          "cls.predictions.transform.dense.weight", "head.dense.weight",
          "cls.predictions.bias", "decoder.bias",
          "qa_outputs", "classifier",
          "qa_outputs.weight", "classifier.weight",
          "cls.predictions.decoder.weight", "decoder.weight",
          "cls.predictions.decoder.bias", "decoder.bias");

  @Override
  public String modelType() {
    return "modernbert";
  }

  @Override
  public String className() {
    return "ModernBert";
  }

  @Override
  public String name() {
    return "ModernBERT";
  }

  @Override
  public String prefix() {
    return "model";
  }

  @Override
  public Set<String> parts() {
    return Set.of("embeddings", "layers", "final_norm");
  }

  @Override
  public String wordEmbeddings() {
    return "embeddings.tok_embeddings.weight";
  }

  @Override
  public String layers() {
    return "layers";
  }

  @Override
  public String headName(String name) {
    return HEAD_NAMES.getOrDefault(name, name);
  }

  @Override
  public List<String> loraTargets() {
    return List.of("Wqkv");
  }

  @Override
  public EncoderConfig readConfig(ConfigJson json) {
    return ModernBertConfig.read(json);
  }
}
