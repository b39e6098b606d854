package io.github.jaubert.bert.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.slf4j.Logger;

/**
 * Tokens beside those of the model, collected from the files of a folder as transformers (5.18)
 * does and numbered as the native library does: a token that the vocabulary has keeps its id there,
 * others get the next free one, whatever the files say.
 */
final class AddedTokens {
  private static final List<String> FLAGS =
      List.of("single_word", "lstrip", "rstrip", "normalized", "special");

  /** Ids order the tokens: numbers, or texts as texts. */
  private record Key(Double number, String text) {}

  private final Map<Key, ObjectNode> byKey = new LinkedHashMap<>();
  private final Logger log;

  /** None yet; what is odd about them is logged. */
  AddedTokens(Logger log) {
    this.log = log;
  }

  /** A token with the usual flags. */
  static ObjectNode token(String content, boolean special) {
    ObjectNode token = JsonFiles.object();
    token.put("content", content);
    token.put("single_word", false);
    token.put("lstrip", false);
    token.put("rstrip", false);
    token.put("normalized", !special);
    token.put("special", special);
    return token;
  }

  /** A token as a file has it, with the usual flags where it does not say. */
  static ObjectNode token(JsonNode value) {
    ObjectNode token = token(value.path("content").asText(), value.path("special").asBoolean());
    FLAGS.forEach(flag -> token.put(flag, value.path(flag).asBoolean(token.get(flag).asBoolean())));
    return token;
  }

  // ---- what the files say ----

  /** added_tokens_decoder of tokenizer_config.json: tokens by id. */
  void addDecoder(String file, JsonNode decoder) {
    decoder
        .properties()
        .forEach(
            entry -> {
              String key = entry.getKey();
              JsonNode value = entry.getValue();
              if (!key.matches("-?[0-9]{1,9}") || !hasContent(value)) {
                throw TokenizerCheck.refusal(
                    file,
                    "added_tokens_decoder." + key,
                    "an id and an object with the token as content are due");
              }
              byKey.put(new Key(Double.valueOf(key), null), token(value));
            });
  }

  /** added_tokens.json: ids by token. */
  void addList(String file, ObjectNode ids, SpecialTokens special) {
    ids.properties()
        .forEach(
            entry -> {
              JsonNode id = entry.getValue();
              if (!id.isNumber() && !id.isTextual()) {
                throw TokenizerCheck.refusal(file, entry.getKey(), id + " is no id");
              }
              Key key = id.isNumber() ? new Key(id.asDouble(), null) : new Key(null, id.asText());
              byKey.put(key, token(entry.getKey(), special.isCalledSpecial(entry.getKey())));
            });
  }

  /** added_tokens of tokenizer.json, which {@link TokenizerCheck} let pass. */
  void addJson(JsonNode list) {
    list.forEach(token -> byKey.put(new Key(token.path("id").asDouble(), null), token(token)));
  }

  static boolean hasContent(JsonNode value) {
    return value.path("content").isTextual() && !value.path("content").asText().isEmpty();
  }

  // ---- numbered ----

  /**
   * All added tokens with their ids, as tokenizer.json has them.
   *
   * @param file where the vocabulary is from, for messages
   * @param vocabulary the ids of the model
   * @param size how many the model has for the native library; new tokens count from there
   * @param before tokens that were there before, in order
   * @param special what is added, too, if it was not yet
   */
  ArrayNode numbered(
      String file,
      Map<String, Integer> vocabulary,
      int size,
      JsonNode before,
      SpecialTokens special) {
    Numbers numbers = new Numbers(file, vocabulary, size, log);
    List<ObjectNode> known = new ArrayList<>();
    before.forEach(token -> known.add(token(token)));
    numbers.add(known);
    Set<String> contents = new HashSet<>();
    known.forEach(token -> contents.add(token.get("content").asText()));
    List<ObjectNode> added = new ArrayList<>();
    Comparator<Key> order =
        Comparator.comparing(Key::number, Comparator.nullsLast(Comparator.naturalOrder()))
            .thenComparing(Key::text, Comparator.nullsLast(Comparator.naturalOrder()));
    byKey.keySet().stream()
        .sorted(order)
        .map(byKey::get)
        .filter(token -> !known.contains(token))
        .forEach(added::add);
    added.forEach(token -> contents.add(token.get("content").asText()));
    Set<String> named = new HashSet<>();
    special.named().values().forEach(token -> named.add(token.get("content").asText()));
    added.stream()
        .filter(token -> named.contains(token.get("content").asText()))
        .forEach(token -> token.put("special", true));
    Stream.concat(special.named().values().stream(), special.extra().stream())
        .filter(token -> contents.add(token.get("content").asText()))
        .forEach(added::add);
    numbers.add(added);
    return numbers.toJson();
  }

  /**
   * The numbering of tokenizers 0.23. New tokens are counted from the size of the vocabulary on; if
   * that leaves out ids, as a vocab.txt with a line twice does, a new token may get the id of
   * another one. Of two added tokens with one id only the second is found in texts.
   */
  private static final class Numbers {
    private final String file;
    private final Map<String, Integer> vocabulary;
    private final int size;
    private final Logger log;
    private final Map<String, Integer> ids = new HashMap<>();
    private final TreeMap<Integer, ObjectNode> tokens = new TreeMap<>();

    Numbers(String file, Map<String, Integer> vocabulary, int size, Logger log) {
      this.file = file;
      this.vocabulary = vocabulary;
      this.size = size;
      this.log = log;
    }

    void add(List<ObjectNode> added) {
      int next = Math.max(size, tokens.isEmpty() ? 0 : tokens.lastKey() + 1);
      for (ObjectNode token : added) {
        String content = token.get("content").asText();
        Integer id = ids.containsKey(content) ? ids.get(content) : vocabulary.get(content);
        if (id == null) {
          id = next++;
        }
        ids.put(content, id);
        ObjectNode other = tokens.put(id, token);
        if (other != null && !other.get("content").asText().equals(content)) {
          String both =
              "%s: leaves out ids, so that the added tokens %s and %s both get the id %d; as in transformers, the first is not found in texts"
                  .formatted(file, other.get("content"), token.get("content"), id);
          log.warn(CheckpointException.shortened(both));
        }
      }
    }

    ArrayNode toJson() {
      ArrayNode list = JsonFiles.object().putArray("added_tokens");
      tokens.forEach((id, token) -> list.add(JsonFiles.object().put("id", id).setAll(token)));
      return list;
    }
  }
}
