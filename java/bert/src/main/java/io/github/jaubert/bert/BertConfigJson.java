package io.github.jaubert.bert;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import java.util.ArrayList;
import java.util.List;

/**
 * Config and labels to and from the fields of config.json. A missing field has Hugging Face's
 * default.
 */
final class BertConfigJson {
  private final String file;
  private final ObjectNode json;

  private BertConfigJson(String file, ObjectNode json) {
    this.file = file;
    this.json = json;
  }

  // ---- reading ----

  static BertConfig readConfig(String file, ObjectNode json) {
    return new BertConfigJson(file, json).config();
  }

  /** The labels, or null if the file names none. */
  static Labels readLabels(String file, ObjectNode json) {
    return new BertConfigJson(file, json).labels();
  }

  private BertConfig config() {
    mustBe("model_type", "bert", "only BERT is supported");
    mustBe("position_embedding_type", "absolute", "only absolute positions are supported");
    mustBe("is_decoder", "false", "only encoders are supported");
    mustBe("add_cross_attention", "false", "only encoders are supported");
    try {
      return new BertConfig(
          integer("vocab_size", 30522),
          integer("hidden_size", 768),
          integer("num_hidden_layers", 12),
          integer("num_attention_heads", 12),
          integer("intermediate_size", 3072),
          text("hidden_act", "gelu"),
          number("hidden_dropout_prob", 0.1),
          number("attention_probs_dropout_prob", 0.1),
          integer("max_position_embeddings", 512),
          integer("type_vocab_size", 2),
          number("initializer_range", 0.02),
          number("layer_norm_eps", 1e-12),
          integer("pad_token_id", 0),
          isAbsent("classifier_dropout") ? null : number("classifier_dropout", 0));
    } catch (IllegalArgumentException e) {
      throw new CheckpointException(file, e.getMessage(), e);
    }
  }

  private Labels labels() {
    if (isAbsent("id2label") && isAbsent("num_labels")) {
      return null;
    }
    List<String> names =
        isAbsent("id2label") ? unnamed(integer("num_labels", 2)) : names(json.get("id2label"));
    String problem =
        text("problem_type", names.size() == 1 ? "regression" : "single_label_classification");
    try {
      return switch (problem) {
        case "single_label_classification" -> Labels.of(names);
        case "multi_label_classification" -> Labels.multi(names);
        case "regression" -> {
          if (names.size() != 1) {
            throw new CheckpointException(
                file,
                "problem_type regression has " + names.size() + " labels; one score is supported");
          }
          yield Labels.score(names.get(0));
        }
        default ->
            throw new CheckpointException(file, "problem_type '" + problem + "' is not known");
      };
    } catch (IllegalArgumentException e) {
      throw new CheckpointException(file, e.getMessage(), e);
    }
  }

  /** Hugging Face's names for labels that have none. */
  static List<String> unnamed(int count) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      names.add("LABEL_" + i);
    }
    return names;
  }

  private List<String> names(JsonNode id2label) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < id2label.size(); i++) {
      JsonNode name = id2label.get(Integer.toString(i));
      if (name == null || !name.isTextual()) {
        throw new CheckpointException(
            file,
            "id2label has "
                + id2label.size()
                + " entries, but \""
                + i
                + "\" is "
                + (name == null ? "missing" : name));
      }
      names.add(name.asText());
    }
    return names;
  }

  private boolean isAbsent(String field) {
    return json.get(field) == null || json.get(field).isNull();
  }

  private void mustBe(String field, String wanted, String why) {
    if (!isAbsent(field) && !json.get(field).asText().equals(wanted)) {
      throw new CheckpointException(file, field + " is '" + json.get(field).asText() + "': " + why);
    }
  }

  private int integer(String field, int otherwise) {
    if (isAbsent(field)) {
      return otherwise;
    }
    JsonNode value = json.get(field);
    if (!value.isIntegralNumber() || !value.canConvertToInt()) {
      throw new CheckpointException(file, field + " is " + value + "; an integer is needed");
    }
    return value.asInt();
  }

  private double number(String field, double otherwise) {
    if (isAbsent(field)) {
      return otherwise;
    }
    if (!json.get(field).isNumber()) {
      throw new CheckpointException(
          file, field + " is " + json.get(field) + "; a number is needed");
    }
    return json.get(field).asDouble();
  }

  private String text(String field, String otherwise) {
    if (isAbsent(field)) {
      return otherwise;
    }
    if (!json.get(field).isTextual()) {
      throw new CheckpointException(file, field + " is " + json.get(field) + "; a text is needed");
    }
    return json.get(field).asText();
  }

  // ---- writing ----

  static ObjectNode write(BertConfig config) {
    ObjectNode json = JsonFiles.object();
    json.put("attention_probs_dropout_prob", config.attentionProbsDropoutProb());
    json.put("classifier_dropout", config.classifierDropout());
    json.put("dtype", "float32");
    json.put("hidden_act", config.hiddenAct());
    json.put("hidden_dropout_prob", config.hiddenDropoutProb());
    json.put("hidden_size", config.hiddenSize());
    json.put("initializer_range", config.initializerRange());
    json.put("intermediate_size", config.intermediateSize());
    json.put("layer_norm_eps", config.layerNormEps());
    json.put("max_position_embeddings", config.maxPositionEmbeddings());
    json.put("model_type", "bert");
    json.put("num_attention_heads", config.numAttentionHeads());
    json.put("num_hidden_layers", config.numHiddenLayers());
    json.put("pad_token_id", config.padTokenId());
    json.put("position_embedding_type", "absolute");
    json.put("torch_dtype", "float32"); // what transformers before version 5 reads
    json.put("type_vocab_size", config.typeVocabSize());
    json.put("vocab_size", config.vocabSize());
    return json;
  }

  static ObjectNode write(BertConfig config, String architecture) {
    ObjectNode json = JsonFiles.object();
    ArrayNode architectures = json.putArray("architectures");
    architectures.add(architecture);
    json.setAll(write(config));
    return json;
  }

  static ObjectNode write(BertConfig config, String architecture, Labels labels) {
    ObjectNode json = write(config, architecture);
    ObjectNode id2label = json.putObject("id2label");
    ObjectNode label2id = json.putObject("label2id");
    for (int i = 0; i < labels.size(); i++) {
      id2label.put(Integer.toString(i), labels.name(i));
      label2id.put(labels.name(i), i);
    }
    json.put("problem_type", labels.problemType().huggingFaceName());
    return json;
  }
}
