package io.github.jaubert.bert.models.nomic;

import io.github.jaubert.bert.Architecture;
import io.github.jaubert.bert.ConfigJson;
import io.github.jaubert.bert.EncoderConfig;
import java.util.List;
import java.util.Set;

/**
 * Nomic BERT's names: those of nomic-ai's files, which transformers saves too, although its code
 * has others.
 */
final class NomicBertArchitecture implements Architecture {
  @Override
  public String modelType() {
    return "nomic_bert";
  }

  @Override
  public String className() {
    return "NomicBert";
  }

  @Override
  public String name() {
    return "Nomic BERT";
  }

  @Override
  public Set<String> parts() {
    return Set.of("embeddings", "emb_ln", "encoder", "pooler");
  }

  @Override
  public String layers() {
    return "encoder.layers";
  }

  @Override
  public String headName(String name) {
    return name.replaceFirst(
        "^cls\\.predictions\\.transform\\.LayerNorm", "cls.predictions.transform.layer_norm");
  }

  @Override
  public List<String> loraTargets() {
    return List.of("Wqkv");
  }

  /** Before transformers knew the model, the encoder under a head was called {@code bert}. */
  @Override
  public String currentName(String name) {
    return name.replaceFirst("^bert\\.", "");
  }

  @Override
  public EncoderConfig readConfig(ConfigJson json) {
    return NomicBertConfig.read(json);
  }
}
