package io.github.jaubert.bert.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The special tokens that tokenizer_config.json and special_tokens_map.json name, put together as
 * transformers (5.18) does: what the map says comes before what the config says, but the map is not
 * read where the config has an added_tokens_decoder.
 */
final class SpecialTokens {
  private static final String EXTRA = "extra_special_tokens";
  private static final String ADDITIONAL = "additional_special_tokens";

  /** In the order in which they are added. */
  private static final List<String> ROLES =
      List.of(
          "bos_token",
          "eos_token",
          "unk_token",
          "sep_token",
          "pad_token",
          "cls_token",
          "mask_token");

  /** What BERT's tokenizer has of its own accord. */
  static final Map<String, String> OF_BERT =
      Map.of(
          "unk_token", "[UNK]",
          "sep_token", "[SEP]",
          "pad_token", "[PAD]",
          "cls_token", "[CLS]",
          "mask_token", "[MASK]");

  private final Map<String, ObjectNode> named = new LinkedHashMap<>();
  private final List<ObjectNode> extra = new ArrayList<>();
  private final Set<String> said = new HashSet<>();
  private final Set<String> texts = new HashSet<>(); // roles whose token is no object with flags
  private final String file;

  /**
   * @param file tokenizer_config.json, for messages
   * @param config its content
   * @param map special_tokens_map.json; empty where it does not count
   * @param usual the tokens for roles that neither mentions; one that is null there has none
   * @throws io.github.jaubert.bert.checkpoint.CheckpointException if a token is neither a text nor
   *     an object with one
   */
  SpecialTokens(String file, ObjectNode config, ObjectNode map, Map<String, String> usual) {
    this.file = file;
    Map<String, JsonNode> values = new LinkedHashMap<>();
    config.properties().forEach(entry -> values.put(entry.getKey(), entry.getValue()));
    if (values.containsKey(ADDITIONAL) && isEmpty(values.get(EXTRA))) {
      values.put(EXTRA, values.remove(ADDITIONAL));
    }
    Map<String, JsonNode> ofModel = new LinkedHashMap<>(); // names that only one model has
    config
        .properties()
        .forEach(
            entry -> {
              String key = entry.getKey();
              if (isOfModel(key) && entry.getValue().isTextual()) {
                ofModel.put(key, values.remove(key));
              }
            });
    takeNamedExtra(values, ofModel);
    map.properties().forEach(entry -> takeFromMap(values, entry.getKey(), entry.getValue()));
    takeNamedExtra(values, ofModel);
    for (String role : ROLES) {
      sayIfToken(role, values.get(role));
    }
    if (!isEmpty(values.get(EXTRA))) {
      values.get(EXTRA).forEach(value -> sayIfToken(EXTRA, value));
    }
    values.putIfAbsent(EXTRA, values.get(ADDITIONAL));

    for (String role : ROLES) {
      if (values.containsKey(role)) {
        name(role, values.get(role));
      } else if (usual.containsKey(role)) {
        named.put(role, AddedTokens.token(usual.get(role), true));
        texts.add(role);
      }
    }
    values.forEach(
        (key, value) -> {
          if (isOfModel(key) && (value.isTextual() || value.has("content"))) {
            name(key, value);
          }
        });
    ofModel.forEach(this::name);
    if (!isEmpty(values.get(EXTRA))) {
      values.get(EXTRA).forEach(value -> extra.add(token(EXTRA, value)));
    }
  }

  private void name(String key, JsonNode value) {
    if (value.isNull()) {
      named.remove(key);
    } else {
      named.put(key, token(key, value));
      if (value.isTextual()) {
        texts.add(key);
      }
    }
  }

  private void sayIfToken(String key, JsonNode value) {
    if (value != null && !value.isNull()) {
      said.add(token(key, value).get("content").asText());
    }
  }

  private static boolean isOfModel(String key) {
    return key.endsWith("_token") && !ROLES.contains(key);
  }

  private static boolean isEmpty(JsonNode value) {
    return value == null || value.isNull() || (value.isContainerNode() && value.isEmpty());
  }

  private static void takeNamedExtra(Map<String, JsonNode> values, Map<String, JsonNode> ofModel) {
    if (values.get(EXTRA) instanceof ObjectNode byName) {
      values.remove(EXTRA);
      byName.properties().forEach(entry -> ofModel.put(entry.getKey(), entry.getValue()));
    }
  }

  private static void takeFromMap(Map<String, JsonNode> values, String key, JsonNode value) {
    if (key.equals(EXTRA) && value.isArray()) {
      var all = JsonFiles.object().putArray(EXTRA);
      if (!isEmpty(values.get(EXTRA))) {
        values.get(EXTRA).forEach(all::add);
      }
      value.forEach(token -> all.add(token instanceof ObjectNode o ? special(o) : token));
      values.put(EXTRA, all);
    } else {
      boolean token = value instanceof ObjectNode && !key.equals(EXTRA);
      values.put(key, token ? special((ObjectNode) value) : value);
    }
  }

  private static ObjectNode special(ObjectNode token) {
    return token.deepCopy().put("special", true);
  }

  private ObjectNode token(String key, JsonNode value) {
    if (value.isTextual() && !value.asText().isEmpty()) {
      return AddedTokens.token(value.asText(), true);
    }
    if (AddedTokens.hasContent(value)) {
      return AddedTokens.token(value).put("special", true);
    }
    throw TokenizerCheck.refusal(
        file, key, value + "; a token as text, or an object with one as content, is due");
  }

  /** The tokens by what they are for, such as cls_token. */
  Map<String, ObjectNode> named() {
    return named;
  }

  /**
   * Lets the mask take a blank before it along, unless the files say what it does.
   *
   * @return this
   */
  SpecialTokens withMaskBehindBlank() {
    if (texts.contains("mask_token")) {
      named.get("mask_token").put("lstrip", true);
    }
    return this;
  }

  /** Those with no purpose of their own. */
  List<ObjectNode> extra() {
    return extra;
  }

  /**
   * Whether the files call a token special where added_tokens.json is read: neither BERT's own
   * names nor the additional ones of special_tokens_map.json count there.
   */
  boolean isCalledSpecial(String token) {
    return said.contains(token);
  }

  /** The text of the token for something, or null. */
  String text(String role) {
    ObjectNode token = named.get(role);
    return token == null ? null : token.get("content").asText();
  }
}
