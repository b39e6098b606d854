package io.github.jaubert.bert.models.electra;

import io.github.jaubert.bert.Architecture;
import io.github.jaubert.bert.ConfigJson;
import io.github.jaubert.bert.EncoderConfig;
import io.github.jaubert.bert.HeadType;
import io.github.jaubert.bert.MultipleChoiceModel;
import io.github.jaubert.bert.SequenceClassifier;
import java.util.Map;
import java.util.Set;

/** ELECTRA's names. */
final class ElectraArchitecture implements Architecture {
  private static final Map<String, String> HEAD_NAMES =
      Map.of(
          "cls.predictions.transform.dense", "generator_predictions.dense",
          "cls.predictions.transform.dense.weight", "generator_predictions.dense.weight",
          "cls.predictions.transform.LayerNorm", "generator_predictions.LayerNorm",
          "cls.predictions.bias", "generator_lm_head.bias",
          "cls.predictions.decoder.weight", "generator_lm_head.weight",
          "cls.predictions.decoder.bias", "generator_lm_head.bias");

  @Override
  public String modelType() {
    return "electra";
  }

  @Override
  public String className() {
    return "Electra";
  }

  @Override
  public String name() {
    return "ELECTRA";
  }

  @Override
  public Set<String> parts() {
    return Set.of("embeddings", "embeddings_project", "encoder");
  }

  @Override
  public String headName(String name) {
    return HEAD_NAMES.getOrDefault(name, name);
  }

  /** All that a classifier of whole texts has is called {@code classifier.…}. */
  @Override
  public String headName(HeadType head, String name) {
    if (head.equals(MultipleChoiceModel.TYPE)) {
      return name.replaceFirst("^dense", "sequence_summary.summary");
    }
    return head.equals(SequenceClassifier.TYPE)
        ? "classifier." + name.replaceFirst("^classifier", "out_proj")
        : headName(name);
  }

  @Override
  public EncoderConfig readConfig(ConfigJson json) {
    return ElectraConfig.read(json);
  }
}
