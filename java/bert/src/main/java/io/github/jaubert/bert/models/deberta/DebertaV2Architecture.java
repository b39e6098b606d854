package io.github.jaubert.bert.models.deberta;

import io.github.jaubert.bert.Architecture;
import io.github.jaubert.bert.ConfigJson;
import io.github.jaubert.bert.EncoderConfig;
import io.github.jaubert.bert.HeadType;
import io.github.jaubert.bert.MultipleChoiceModel;
import io.github.jaubert.bert.SequenceClassifier;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * DeBERTa's names.
 *
 * @param legacy whether the head for masked tokens has BERT's names, as transformers has it unless
 *     config.json says otherwise; or else those of Microsoft's checkpoints
 */
record DebertaV2Architecture(boolean legacy) implements Architecture {
  private static final String HEAD = "lm_predictions.lm_head.";
  private static final Map<String, String> MICROSOFTS =
      Map.of(
          "cls.predictions.transform.dense", HEAD + "dense",
          "cls.predictions.transform.dense.weight", HEAD + "dense.weight",
          "cls.predictions.transform.LayerNorm", HEAD + "LayerNorm",
          "cls.predictions.bias", HEAD + "bias",
          "cls.predictions.decoder.weight", HEAD + "weight",
          "cls.predictions.decoder.bias", HEAD + "decoder.bias");

  @Override
  public String modelType() {
    return "deberta-v2";
  }

  @Override
  public String className() {
    return "DebertaV2";
  }

  @Override
  public String name() {
    return "DeBERTa-v2";
  }

  @Override
  public String prefix() {
    return "deberta";
  }

  @Override
  public Set<String> parts() {
    return Set.of("embeddings", "encoder");
  }

  @Override
  public String headName(String name) {
    return legacy ? name : MICROSOFTS.getOrDefault(name, name);
  }

  /** What lies before the classifier of whole texts, or of choices, is called a pooler. */
  @Override
  public String headName(HeadType head, String name) {
    boolean pools = head.equals(SequenceClassifier.TYPE) || head.equals(MultipleChoiceModel.TYPE);
    return pools && !name.startsWith("classifier") ? "pooler." + name : headName(name);
  }

  @Override
  public List<String> loraTargets() {
    return List.of("query_proj", "value_proj");
  }

  @Override
  public EncoderConfig readConfig(ConfigJson json) {
    return DebertaV2Config.read(json);
  }
}
