package io.github.jaubert.bert.models.roberta;

import io.github.jaubert.bert.Architecture;
import io.github.jaubert.bert.ConfigJson;
import io.github.jaubert.bert.EncoderConfig;
import io.github.jaubert.bert.HeadType;
import io.github.jaubert.bert.SequenceClassifier;
import java.util.Map;
import java.util.Set;

/**
 * The names of RoBERTa and its likes, which are one model under several names: in all of them the
 * encoder is called {@code roberta}.
 */
record RobertaArchitecture(String modelType, String className, String name)
    implements Architecture {
  private static final Map<String, String> HEAD_NAMES =
      Map.of(
          "cls.predictions.transform.dense", "lm_head.dense",
          "cls.predictions.transform.dense.weight", "lm_head.dense.weight",
          "cls.predictions.transform.LayerNorm", "lm_head.layer_norm",
          "cls.predictions.bias", "lm_head.bias",
          "cls.predictions.decoder.weight", "lm_head.decoder.weight",
          "cls.predictions.decoder.bias", "lm_head.decoder.bias");

  @Override
  public String prefix() {
    return "roberta";
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
  public EncoderConfig readConfig(ConfigJson json) {
    return RobertaConfig.read(json);
  }
}
