package io.github.jaubert.bert.models.mpnet;

import io.github.jaubert.bert.Architecture;
import io.github.jaubert.bert.ConfigJson;
import io.github.jaubert.bert.EncoderConfig;
import io.github.jaubert.bert.HeadType;
import io.github.jaubert.bert.SequenceClassifier;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** MPNet's names. */
final class MpNetArchitecture implements Architecture {
  private static final Map<String, String> HEAD_NAMES =
      Map.of(
          "cls.predictions.transform.dense", "lm_head.dense",
          "cls.predictions.transform.dense.weight", "lm_head.dense.weight",
          "cls.predictions.transform.LayerNorm", "lm_head.layer_norm",
          "cls.predictions.bias", "lm_head.bias",
          "cls.predictions.decoder.weight", "lm_head.decoder.weight",
          "cls.predictions.decoder.bias", "lm_head.decoder.bias");

  @Override
  public String modelType() {
    return "mpnet";
  }

  @Override
  public String className() {
    return "MPNet";
  }

  @Override
  public Set<String> parts() {
    return Set.of("embeddings", "encoder", "pooler");
  }

  @Override
  public String headName(String name) {
    return HEAD_NAMES.getOrDefault(name, name);
  }

  /** All that a classifier of whole texts has is called {@code classifier.…}. */
  @Override
  public String headName(HeadType head, String name) {
    return head.equals(SequenceClassifier.TYPE)
        ? "classifier." + name.replaceFirst("^classifier", "out_proj")
        : headName(name);
  }

  @Override
  public List<String> loraTargets() {
    return List.of("q", "v");
  }

  @Override
  public EncoderConfig readConfig(ConfigJson json) {
    return MpNetConfig.read(json);
  }
}
