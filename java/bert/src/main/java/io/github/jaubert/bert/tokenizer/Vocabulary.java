package io.github.jaubert.bert.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The tokens of a tokenizer.json with the ids that the native library gives them: those of its
 * model (WordPiece, BPE, Unigram, WordLevel) and the added ones. Refuses what that library panics
 * at.
 */
final class Vocabulary {
  /** Far more than any vocabulary has; an array of the tokens by id is made. */
  static final int LARGEST_ID = 10_000_000;

  /** An id without a token costs little, but millions of them are a mistake. */
  private static final int MOST_GAPS = 1000;

  /** The library compares each added token with all before it. */
  private static final int MOST_ADDED = 20_000;

  private static final int LONGEST_ADDED = 10_000;

  /** The time for a word grows with the cube of its characters. */
  private static final int LONGEST_WORD = 1000;

  private final String file;
  private final Map<String, Integer> ids = new HashMap<>();
  private final Map<Integer, String> byId = new HashMap<>();
  private final Set<Integer> addedIds = new HashSet<>();
  private final Set<Integer> specialIds = new HashSet<>();
  private int largest = -1;
  private final String[] tokens;
  private final int unknownId;

  private Vocabulary(String file, ObjectNode json) {
    this.file = file;
    JsonNode model = json.path("model");
    checkModel(model);
    ofModel(model).forEach(this::put);
    addTokens(json.path("added_tokens"), sizeOfModel(model));
    if (largest >= 2 * ids.size() + MOST_GAPS) {
      throw new CheckpointException(file, "has " + ids.size() + " tokens, but an id of " + largest);
    }
    tokens = new String[largest + 1];
    byId.forEach((id, token) -> tokens[id] = token);
    JsonNode unknown = model.path("unk_token"); // or, of Unigram, unk_id
    unknownId =
        unknown.isTextual()
            ? ids.getOrDefault(unknown.asText(), -1)
            : model.path("unk_id").asInt(-1);
    if (unknownId >= 0) {
      specialIds.add(unknownId);
    }
  }

  /**
   * Checks the model and the added tokens.
   *
   * @throws CheckpointException that names the file and the key
   */
  static Vocabulary of(String file, ObjectNode json) {
    return new Vocabulary(file, json);
  }

  /** The tokens by id; an id without a token has null. Not to be changed. */
  String[] tokens() {
    return tokens;
  }

  /** The id of a token, or null. */
  Integer id(String token) {
    return ids.get(token);
  }

  /** The ids of added tokens, which are found in a text before its words. */
  Set<Integer> addedIds() {
    return addedIds;
  }

  /**
   * The ids of added tokens that are called special, and of the unknown token. Not to be changed.
   */
  Set<Integer> specialIds() {
    return Collections.unmodifiableSet(specialIds);
  }

  /** The id that the model gives to words that it does not know, or -1. */
  int unknownId() {
    return unknownId;
  }

  /** The largest id of a token. */
  int largest() {
    return largest;
  }

  // ---- the model ----

  /** The ids of the tokens of a model that was checked, in its order. */
  static Map<String, Integer> ofModel(JsonNode model) {
    JsonNode vocab = model.path("vocab");
    Map<String, Integer> ids = new LinkedHashMap<>();
    if (vocab.isObject()) {
      vocab.properties().forEach(token -> ids.put(token.getKey(), token.getValue().asInt()));
    } else { // pieces with their scores
      for (int i = 0; i < vocab.size(); i++) {
        ids.put(vocab.path(i).path(0).asText(), i);
      }
    }
    return ids;
  }

  /** The number of its tokens, of which one may be there twice: the next id for the library. */
  static int sizeOfModel(JsonNode model) {
    return model.path("vocab").size();
  }

  private void checkModel(JsonNode model) {
    JsonNode vocab = model.path("vocab");
    if (!model.isObject() || !(vocab.isObject() || vocab.isArray()) || vocab.isEmpty()) {
      throw new CheckpointException(file, "model.vocab is missing or empty: this is no tokenizer");
    }
    if (vocab.isObject()) {
      vocab
          .properties()
          .forEach(token -> id(file, "model.vocab." + token.getKey(), token.getValue()));
    } else {
      for (int i = 0; i < vocab.size(); i++) {
        JsonNode piece = vocab.get(i);
        if (piece.size() != 2 || !piece.path(0).isTextual() || !piece.path(1).isNumber()) {
          throw refusal("model.vocab[" + i + "]", "a piece and its score are due");
        }
      }
    }
    JsonNode longest = model.path("max_input_chars_per_word");
    if (longest.isNumber() && longest.asDouble() > LONGEST_WORD) {
      throw refusal(
          "model.max_input_chars_per_word", longest + " is too much; " + LONGEST_WORD + " at most");
    }
    merges(model);
  }

  private void put(String token, int id) {
    ids.put(token, id);
    byId.put(id, token);
    largest = Math.max(largest, id);
  }

  /** The second token of a merge loses the prefix of its kind, which it must have. */
  private void merges(JsonNode model) {
    int prefix =
        model.path("continuing_subword_prefix").asText("").getBytes(StandardCharsets.UTF_8).length;
    JsonNode merges = model.path("merges");
    for (int i = 0; prefix > 0 && i < merges.size(); i++) {
      JsonNode merge = merges.get(i);
      String second =
          merge.isArray()
              ? merge.path(1).asText()
              : merge.asText().substring(merge.asText().indexOf(' ') + 1);
      byte[] bytes = second.getBytes(StandardCharsets.UTF_8);
      if (bytes.length < prefix || bytes.length > prefix && (bytes[prefix] & 0xC0) == 0x80) {
        throw refusal(
            "model.merges[" + i + "]",
            "'"
                + second
                + "' has no prefix '"
                + model.path("continuing_subword_prefix").asText()
                + "'");
      }
    }
  }

  // ---- added tokens ----

  /**
   * Checks the added tokens and numbers them.
   *
   * @param firstId the id of the first that the model lacks, whatever the file says
   */
  private void addTokens(JsonNode list, int firstId) {
    if (!list.isMissingNode() && !list.isNull() && !list.isArray()) {
      throw refusal("added_tokens", "no array");
    }
    if (list.size() > MOST_ADDED) {
      throw refusal("added_tokens", list.size() + " are too many; " + MOST_ADDED + " at most");
    }
    int next = firstId;
    for (int i = 0; i < list.size(); i++) {
      String key = "added_tokens[" + i + "]";
      JsonNode token = list.get(i);
      id(file, key + ".id", token.path("id"));
      String content = text(key + ".content", token.path("content"));
      Integer known = ids.get(content);
      int id = known == null ? next : known;
      put(content, id);
      addedIds.add(id);
      if (token.path("special").asBoolean()) {
        specialIds.add(id);
      }
      next = Math.max(next, id + 1);
    }
  }

  private String text(String key, JsonNode value) {
    if (!value.isTextual() || value.asText().isEmpty()) {
      throw refusal(key, "missing or empty");
    }
    if (value.asText().length() > LONGEST_ADDED) {
      throw refusal(key, "longer than " + LONGEST_ADDED + " characters");
    }
    return value.asText();
  }

  // ---- ids ----

  /**
   * The id of a token.
   *
   * @throws CheckpointException if it is none
   */
  static int id(String file, String key, JsonNode value) {
    if (!value.isInt() || value.asInt() < 0 || value.asInt() > LARGEST_ID) {
      String is = value.isMissingNode() ? "is missing" : "is " + value;
      throw TokenizerCheck.refusal(
          file, key, "the id " + is + "; whole numbers from 0 to " + LARGEST_ID + " are taken");
    }
    return value.asInt();
  }

  private CheckpointException refusal(String key, String reason) {
    return TokenizerCheck.refusal(file, key, reason);
  }
}
