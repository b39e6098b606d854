package io.github.jaubert.bert;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Config and labels to and from the fields of config.json. A missing field has Hugging Face's
 * default.
 */
final class BertConfigJson {
  private static final Logger LOG = LoggerFactory.getLogger(BertConfigJson.class);

  /** Heads whose weights have the same names as a head for sequences, or none that it could use. */
  private static final Pattern OTHER_HEAD =
      Pattern.compile("\\w+For(TokenClassification|QuestionAnswering|MultipleChoice)");

  /** Ours: what a head was trained on. Others keep what they do not know. */
  private static final String PAIRS = "jaubert_trained_on_pairs";

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

  /**
   * The labels of a head.
   *
   * @param outputs how many outputs the head has
   * @throws CheckpointException if the file says another number, or a kind that is not known
   */
  static Labels readLabels(String file, ObjectNode json, int outputs) {
    return new BertConfigJson(file, json).labels(outputs);
  }

  /**
   * The names of a head's outputs, whatever kind of problem it was trained for.
   *
   * @param outputs how many outputs the head has
   * @throws CheckpointException if the file says another number
   */
  static List<String> readNames(String file, ObjectNode json, int outputs) {
    return new BertConfigJson(file, json).names(outputs);
  }

  /** A name that id2label gives to two outputs, or null. */
  static String repeatedName(ObjectNode json) {
    Set<String> seen = new HashSet<>();
    for (JsonNode name : json.path("id2label")) {
      if (name.isValueNode() && !seen.add(name.asText())) {
        return name.asText();
      }
    }
    return null;
  }

  /**
   * The architecture that config.json names, such as {@code BertForTokenClassification}, if its
   * head is none for sequences; otherwise null.
   */
  static String otherHead(ObjectNode json) {
    JsonNode architectures = json.path("architectures");
    if (architectures.isEmpty()) {
      return null;
    }
    for (JsonNode architecture : architectures) {
      if (!OTHER_HEAD.matcher(architecture.asText()).matches()) {
        return null;
      }
    }
    return architectures.get(0).asText();
  }

  /** Whether the head was trained on pairs of texts, as {@link #sayPairs} writes it. */
  static boolean saysPairs(ObjectNode json) {
    return json.path(PAIRS).asBoolean(false);
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

  private Labels labels(int outputs) {
    List<String> names = names(outputs);
    String problem =
        text("problem_type", outputs == 1 ? "regression" : "single_label_classification");
    try {
      return switch (problem) {
        case "single_label_classification" -> Labels.of(names);
        case "multi_label_classification" -> Labels.multi(names);
        case "regression" -> {
          if (outputs != 1) {
            throw new CheckpointException(
                file, "problem_type regression has " + outputs + " labels; one score is supported");
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

  /**
   * The names of the outputs. As transformers has it, num_labels counts more than the number of
   * names, and a name may be a number. What has no name is called LABEL_0, LABEL_1, …, and a name
   * that is there again gets the number of its output behind it.
   */
  private List<String> names(int outputs) {
    JsonNode id2label = isAbsent("id2label") ? JsonFiles.object() : json.get("id2label");
    int said = integer("num_labels", isAbsent("id2label") ? outputs : id2label.size());
    if (said != outputs) {
      throw new CheckpointException(
          file, "names " + said + " labels, but the head has " + outputs + " outputs");
    }
    List<String> names = unnamed(outputs);
    if (isAbsent("id2label")) {
      return names;
    }
    if (id2label.size() != outputs) {
      LOG.warn(
          "{}: id2label has {} names for num_labels {}; the labels are called {}, …",
          file,
          id2label.size(),
          outputs,
          names.get(0));
      return names;
    }
    return distinct(given(id2label, outputs));
  }

  /** The names in order of the outputs; null for an output without one. */
  private static List<String> given(JsonNode id2label, int outputs) {
    List<String> given = new ArrayList<>();
    for (int i = 0; i < outputs; i++) {
      JsonNode name = id2label.get(Integer.toString(i));
      boolean none =
          name == null || name.isNull() || !name.isValueNode() || name.asText().isEmpty();
      given.add(none ? null : name.asText());
    }
    return given;
  }

  private List<String> distinct(List<String> given) {
    List<String> names = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    Set<String> used = new HashSet<>(given);
    for (int i = 0; i < given.size(); i++) {
      String name = given.get(i);
      if (name != null && seen.add(name)) {
        names.add(name);
        continue;
      }
      String own = (name == null ? "LABEL" : name) + "_" + i;
      while (!used.add(own)) {
        own += "_" + i;
      }
      names.add(own);
      LOG.warn(
          "{}: id2label has {} output {}: it is called {}",
          file,
          name == null ? "no name for" : "the name of another output for",
          i,
          CheckpointException.shortened(own));
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

  static void sayPairs(ObjectNode json) {
    json.put(PAIRS, true);
  }
}
