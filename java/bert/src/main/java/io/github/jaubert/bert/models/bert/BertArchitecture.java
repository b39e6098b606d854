package io.github.jaubert.bert.models.bert;

import io.github.jaubert.bert.Architecture;
import io.github.jaubert.bert.ConfigJson;
import io.github.jaubert.bert.EncoderConfig;
import java.util.Set;

/** BERT's names, those of TensorFlow's checkpoints before 2019 among them. */
final class BertArchitecture implements Architecture {
  @Override
  public String modelType() {
    return "bert";
  }

  @Override
  public String className() {
    return "Bert";
  }

  @Override
  public String name() {
    return "BERT";
  }

  @Override
  public Set<String> parts() {
    return Set.of("embeddings", "encoder", "pooler");
  }

  @Override
  public EncoderConfig readConfig(ConfigJson json) {
    return BertConfig.read(json);
  }

  @Override
  public String currentName(String name) {
    return name.replaceFirst("LayerNorm\\.gamma$", "LayerNorm.weight")
        .replaceFirst("LayerNorm\\.beta$", "LayerNorm.bias");
  }
}
