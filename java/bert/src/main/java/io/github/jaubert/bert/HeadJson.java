package io.github.jaubert.bert;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.tokenizer.LongTextStrategy;
import io.github.jaubert.bert.tokenizer.LongTextStrategy.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What config.json says of a head: its kind, its labels, what it was trained on. */
final class HeadJson {
  private static final Logger LOG = LoggerFactory.getLogger(HeadJson.class);

  /** Heads whose weights have the same names, or names that no other head could use. */
  private static final Pattern HEAD =
      Pattern.compile(
          "\\w+For(SequenceClassification|TokenClassification|QuestionAnswering|MultipleChoice)");

  /** Ours: what a head was trained on. Others keep what they do not know. */
  private static final String PAIRS = "jaubert_trained_on_pairs";

  /** Ours: from which probabilities on labels hold. */
  private static final String THRESHOLDS = "jaubert_thresholds";

  /** Ours: how texts are read that are too long. */
  private static final String LONG_TEXTS = "jaubert_long_texts";

  private static final String STRATEGY = "strategy";
  private static final String HEAD_SHARE = "head_share";
  private static final String STRIDE = "stride";

  private HeadJson() {}

  // ---- reading ----

  /**
   * The labels of a head.
   *
   * @param outputs how many outputs the head has
   * @throws CheckpointException if the file says another number, or a kind that is not known
   */
  static Labels readLabels(ConfigJson json, int outputs) {
    List<String> names = readNames(json, outputs);
    String problem =
        json.text("problem_type", outputs == 1 ? "regression" : "single_label_classification");
    return json.checked(
        () ->
            switch (problem) {
              case "single_label_classification" -> Labels.of(names);
              case "multi_label_classification" -> Labels.multi(names);
              case "regression" -> {
                if (outputs != 1) {
                  throw new CheckpointException(
                      json.file(),
                      "problem_type regression has " + outputs + " labels; one score is supported");
                }
                yield Labels.score(names.get(0));
              }
              default ->
                  throw new CheckpointException(
                      json.file(), "problem_type '" + problem + "' is not known");
            });
  }

  /**
   * The names of a head's outputs, whatever kind of problem it was trained for. As transformers has
   * it, num_labels counts more than the number of names, and a name may be a number. What has no
   * name is called LABEL_0, LABEL_1, …, and a name that is there again gets the number of its
   * output behind it.
   *
   * @param outputs how many outputs the head has
   * @throws CheckpointException if the file says another number
   */
  static List<String> readNames(ConfigJson json, int outputs) {
    boolean none = json.isAbsent("id2label");
    JsonNode id2label = none ? JsonFiles.object() : json.field("id2label");
    int said = json.integer("num_labels", none ? outputs : id2label.size());
    if (said != outputs) {
      throw new CheckpointException(
          json.file(), "names " + said + " labels, but the head has " + outputs + " outputs");
    }
    List<String> names = unnamed(outputs);
    if (none) {
      return names;
    }
    if (id2label.size() != outputs) {
      LOG.warn(
          "{}: id2label has {} names for num_labels {}; the labels are called {}, …",
          json.file(),
          id2label.size(),
          outputs,
          names.get(0));
      return names;
    }
    return distinct(json.file(), given(id2label, outputs));
  }

  /** A name that id2label gives to two outputs, or null. */
  static String repeatedName(ConfigJson json) {
    Set<String> seen = new HashSet<>();
    for (JsonNode name : json.field("id2label")) {
      if (name.isValueNode() && !seen.add(name.asText())) {
        return name.asText();
      }
    }
    return null;
  }

  /**
   * The architecture that config.json names, such as {@code BertForTokenClassification}, if its
   * head is of another kind; otherwise null.
   *
   * @param kind such as {@code SequenceClassification}
   */
  static String otherHead(ConfigJson json, String kind) {
    JsonNode architectures = json.field("architectures");
    if (architectures.isEmpty()) {
      return null;
    }
    for (JsonNode architecture : architectures) {
      String name = architecture.asText();
      if (!HEAD.matcher(name).matches() || name.endsWith("For" + kind)) {
        return null;
      }
    }
    return architectures.get(0).asText();
  }

  /** Whether one of the architectures is of a kind, such as {@code TokenClassification}. */
  static boolean namesHead(ConfigJson json, String kind) {
    for (JsonNode architecture : json.field("architectures")) {
      if (architecture.asText().endsWith("For" + kind)) {
        return true;
      }
    }
    return false;
  }

  /** Whether the head was trained on pairs of texts, as {@link #sayPairs} writes it. */
  static boolean saysPairs(ConfigJson json) {
    return json.field(PAIRS).asBoolean(false);
  }

  /**
   * The thresholds that {@link #writeThresholds} wrote. They are of a head with the same labels; a
   * head that gets others begins without.
   *
   * @throws CheckpointException if they are no numbers by label
   */
  static Thresholds readThresholds(ConfigJson json, Labels labels) {
    Map<String, Float> byLabel = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> one : json.field(THRESHOLDS).properties()) {
      if (!one.getValue().isNumber()) {
        throw new CheckpointException(
            json.file(),
            "%s has %s for '%s'; a number is needed"
                .formatted(
                    THRESHOLDS, one.getValue(), CheckpointException.shortened(one.getKey())));
      }
      byLabel.put(one.getKey(), one.getValue().floatValue());
    }
    return labels.names().containsAll(byLabel.keySet())
        ? json.checked(() -> Thresholds.of(labels, byLabel))
        : Thresholds.usual(labels);
  }

  /**
   * The strategy that {@link #writeLongTexts} wrote; texts are cut if there is none.
   *
   * @throws CheckpointException if it is none, or its numbers are out of range
   */
  static LongTextStrategy readLongTexts(ConfigJson json) {
    ConfigJson said = json.object(LONG_TEXTS);
    String name = said.text(STRATEGY, Kind.CUT.toString());
    Kind kind =
        Arrays.stream(Kind.values())
            .filter(one -> one.toString().equals(name))
            .findFirst()
            .orElseThrow(
                () ->
                    new CheckpointException(
                        json.file(),
                        "%s is '%s'; %s are known"
                            .formatted(
                                LONG_TEXTS,
                                CheckpointException.shortened(name),
                                Arrays.toString(Kind.values()))));
    return said.checked(
        () ->
            switch (kind) {
              case CUT -> LongTextStrategy.cut();
              case HEAD_TAIL ->
                  LongTextStrategy.headTail(
                      said.number(HEAD_SHARE, LongTextStrategy.USUAL_HEAD_SHARE));
              case WINDOWS ->
                  said.isAbsent(STRIDE)
                      ? LongTextStrategy.windows()
                      : LongTextStrategy.windows(said.integer(STRIDE, 0));
            });
  }

  /** Hugging Face's names for labels that have none. */
  private static List<String> unnamed(int count) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      names.add("LABEL_" + i);
    }
    return names;
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

  private static List<String> distinct(String file, List<String> given) {
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

  // ---- writing ----

  /** The names of the outputs. */
  static void writeNames(ObjectNode json, Labels labels) {
    ObjectNode id2label = json.putObject("id2label");
    ObjectNode label2id = json.putObject("label2id");
    for (int i = 0; i < labels.size(); i++) {
      id2label.put(Integer.toString(i), labels.name(i));
      label2id.put(labels.name(i), i);
    }
  }

  /** The names and the kind of problem, of a head for whole texts. */
  static void write(ObjectNode json, Labels labels) {
    writeNames(json, labels);
    json.put("problem_type", labels.problemType().huggingFaceName());
  }

  static void writeThresholds(ObjectNode json, Thresholds thresholds) {
    ObjectNode byLabel = json.putObject(THRESHOLDS);
    thresholds.byLabel().forEach(byLabel::put);
  }

  /** Writes nothing where texts are cut. */
  static void writeLongTexts(ObjectNode json, LongTextStrategy strategy) {
    if (strategy.kind() == Kind.CUT) {
      return;
    }
    ObjectNode said = json.putObject(LONG_TEXTS).put(STRATEGY, strategy.kind().toString());
    if (strategy.kind() == Kind.HEAD_TAIL) {
      said.put(HEAD_SHARE, strategy.headShare());
    } else if (strategy.isStrideSaid()) {
      said.put(STRIDE, strategy.stride(0));
    }
  }

  static void sayPairs(ObjectNode json) {
    json.put(PAIRS, true);
  }
}
