package io.github.jaubert.bert.models.deberta;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.ConfigJson;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.models.bert.BertConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** DeBERTa's config.json, with the defaults of transformers (5.18). */
final class DebertaV2Json {
  private static final String CLS_DROPOUT = "cls_dropout";
  private static final String POS_ATT_TYPE = "pos_att_type";
  private static final String NORM_REL_EBD = "norm_rel_ebd";
  private static final String LAYER_NORM = "layer_norm";

  /** What is read where a field of BERT's is missing. */
  static final BertConfig DEFAULTS =
      new BertConfig(128_100, 1536, 24, 24, 6144, "gelu", 0.1, 0.1, 512, 1, 0.02, 1e-7, 0, null);

  private DebertaV2Json() {}

  static DebertaV2Config read(ConfigJson json) {
    json.mustBe("model_type", "deberta-v2", "only DeBERTa-v2 and v3 are read here");
    refuseConvolution(json);
    return json.checked(() -> config(json));
  }

  /** That of v2-xlarge and v2-xxlarge, beside their first layer. */
  private static void refuseConvolution(ConfigJson json) {
    if (json.integer("conv_kernel_size", 0) > 0) {
      throw new CheckpointException(
          json.file(),
          "conv_kernel_size is %d: the convolution beside the first layer of DeBERTa-v2-xlarge and"
                  .formatted(json.integer("conv_kernel_size", 0))
              + " -xxlarge is not supported");
    }
  }

  private static DebertaV2Config config(ConfigJson json) {
    BertConfig bert = bert(json);
    same(json, "pooler_hidden_size", bert.hiddenSize());
    same(json, "attention_head_size", bert.headSize());
    return new DebertaV2Config(
        bert,
        json.integer("type_vocab_size", 0),
        json.integer("embedding_size", bert.hiddenSize()),
        json.flag("relative_attention", false),
        json.integer("max_relative_positions", -1),
        json.integer("position_buckets", -1),
        json.flag("position_biased_input", true),
        posAttType(json),
        json.flag("share_att_key", false),
        normalises(json.text(NORM_REL_EBD, "none")),
        json.number("pooler_dropout", 0),
        json.text("pooler_hidden_act", "gelu"),
        json.flag("legacy", true));
  }

  private static BertConfig bert(ConfigJson json) {
    return new BertConfig(
        json.integer("vocab_size", DEFAULTS.vocabSize()),
        json.integer("hidden_size", DEFAULTS.hiddenSize()),
        json.integer("num_hidden_layers", DEFAULTS.numHiddenLayers()),
        json.integer("num_attention_heads", DEFAULTS.numAttentionHeads()),
        json.integer("intermediate_size", DEFAULTS.intermediateSize()),
        json.text("hidden_act", DEFAULTS.hiddenAct()),
        json.number("hidden_dropout_prob", DEFAULTS.hiddenDropoutProb()),
        json.number("attention_probs_dropout_prob", DEFAULTS.attentionProbsDropoutProb()),
        json.integer("max_position_embeddings", DEFAULTS.maxPositionEmbeddings()),
        1,
        json.number("initializer_range", DEFAULTS.initializerRange()),
        json.number("layer_norm_eps", DEFAULTS.layerNormEps()),
        json.integer("pad_token_id", DEFAULTS.padTokenId()),
        json.isAbsent(CLS_DROPOUT) ? null : (Double) json.number(CLS_DROPOUT, 0));
  }

  private static void same(ConfigJson json, String field, int due) {
    int value = json.integer(field, due);
    if (value != due) {
      throw new IllegalArgumentException(
          "%s is %d; only %d, as the other sizes have it, is supported"
              .formatted(field, value, due));
    }
  }

  /** A list, or a text with bars between, as in Microsoft's files. */
  private static List<String> posAttType(ConfigJson json) {
    if (json.isAbsent(POS_ATT_TYPE)) {
      return List.of();
    }
    List<String> types =
        new ArrayList<>(
            json.isText(POS_ATT_TYPE)
                ? parts(json.text(POS_ATT_TYPE, ""))
                : json.texts(POS_ATT_TYPE));
    types.removeIf(String::isEmpty);
    return types;
  }

  private static boolean normalises(String normRelEbd) {
    return parts(normRelEbd).contains(LAYER_NORM);
  }

  private static List<String> parts(String joined) {
    return Arrays.stream(joined.toLowerCase(Locale.ROOT).split("\\|")).map(String::strip).toList();
  }

  static ObjectNode write(DebertaV2Config config) {
    ObjectNode json = config.bert().toJson();
    json.remove("classifier_dropout");
    json.remove("position_embedding_type");
    if (config.bert().classifierDropout() != null) {
      json.put(CLS_DROPOUT, config.bert().classifierDropout());
    }
    json.put("type_vocab_size", config.typeVocabSize());
    json.put("embedding_size", config.embeddingSize());
    json.put("relative_attention", config.relativeAttention());
    json.put("max_relative_positions", config.maxRelativePositions());
    json.put("position_buckets", config.positionBuckets());
    json.put("position_biased_input", config.positionBiasedInput());
    ArrayNode types = json.putArray(POS_ATT_TYPE);
    config.posAttType().forEach(types::add);
    json.put("share_att_key", config.shareAttKey());
    json.put(NORM_REL_EBD, config.normRelEbd() ? LAYER_NORM : "none");
    json.put("pooler_dropout", config.poolerDropout());
    json.put("pooler_hidden_act", config.poolerHiddenAct());
    json.put("pooler_hidden_size", config.hiddenSize());
    return json.put("legacy", config.legacy());
  }
}
