package io.github.jaubert.bert.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import java.util.List;

/**
 * Refuses what the native library would panic at in a tokenizer.json, or need all time or memory
 * for: its panics end the whole virtual machine.
 *
 * <p>That library also takes a part without its type for whatever its keys fit, so that parts are
 * checked by their keys, wherever they are.
 */
final class TokenizerCheck {
  /** Each part goes over the whole text. */
  private static final int MOST_PARTS = 500;

  /** What replaces or precedes a piece of text; texts grow by it. */
  private static final int LONGEST_TEXT = 1000;

  /** How much longer all replacements together may make a text. */
  private static final double MOST_GROWTH = 1000;

  /** Tokens that a template adds, of which every text must leave room for its own. */
  private static final int MOST_ADDED = 64;

  private static final int DEEPEST = 64;

  private final String file;
  private final Vocabulary vocabulary;
  private int parts;
  private int templates;
  private double growth = 1;

  private TokenizerCheck(String file, Vocabulary vocabulary) {
    this.file = file;
    this.vocabulary = vocabulary;
  }

  /**
   * Checks a whole tokenizer.json.
   *
   * @return its tokens
   * @throws CheckpointException that names the file and the key
   */
  static Vocabulary check(String file, ObjectNode json) {
    values(file, "", json, 0);
    TokenizerCheck check = new TokenizerCheck(file, Vocabulary.of(file, json));
    for (String key : List.of("normalizer", "pre_tokenizer", "post_processor", "decoder")) {
      JsonNode part = json.path(key);
      if (!part.isMissingNode() && !part.isNull()) {
        check.part(key, part);
      }
    }
    return check.vocabulary;
  }

  /** Refuses values that the native library's JSON reader stumbles over, though JSON has them. */
  private static void values(String file, String key, JsonNode node, int depth) {
    if (node.isNumber() && !Double.isFinite(node.doubleValue())) {
      throw refusal(file, key, "a number out of range");
    }
    if (node.isTextual() && hasLoneSurrogate(node.asText())) {
      throw refusal(file, key, "half of a surrogate pair, which is no character");
    }
    if (depth > DEEPEST) {
      throw refusal(file, key, "nested deeper than " + DEEPEST + " levels");
    }
    node.properties()
        .forEach(
            entry -> {
              String name = entry.getKey();
              String inside = key.isEmpty() ? name : key + "." + name;
              if (hasLoneSurrogate(name)) {
                throw refusal(file, inside, "half of a surrogate pair, which is no character");
              }
              values(file, inside, entry.getValue(), depth + 1);
            });
    for (int i = 0; node.isArray() && i < node.size(); i++) {
      values(file, key + "[" + i + "]", node.get(i), depth + 1);
    }
  }

  private static boolean hasLoneSurrogate(String text) {
    return text.codePoints()
        .anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
  }

  // ---- parts ----

  private void part(String key, JsonNode part) {
    if (!part.isObject()) {
      throw refusal(key, "no object");
    }
    if (++parts > MOST_PARTS) {
      throw refusal(key, "more than " + MOST_PARTS + " parts");
    }
    for (String list : List.of("normalizers", "pretokenizers", "processors", "decoders")) {
      JsonNode members = part.path(list);
      for (int i = 0; i < members.size(); i++) {
        part(key + "." + list + "[" + i + "]", members.path(i));
      }
    }
    pattern(key, part);
    JsonNode charsmap = part.path("precompiled_charsmap");
    if (!charsmap.isMissingNode() || part.path("type").asText().equals("Precompiled")) {
      refuse(key + ".precompiled_charsmap", CharsmapCheck.problem(charsmap.asText()));
    }
    if (part.path("length").isNumber() && part.path("length").asDouble() < 1) {
      throw refusal(key + ".length", "is " + part.get("length") + "; at least 1 is due");
    }
    JsonNode prepend = part.path("prepend");
    if (prepend.isTextual()
        && (prepend.asText().isEmpty() || prepend.asText().length() > LONGEST_TEXT)) {
      throw refusal(key + ".prepend", "1 to " + LONGEST_TEXT + " characters are due");
    }
    if (part.has("stop") && part.path("stop").asDouble() != 0) {
      throw refusal(key + ".stop", "is " + part.get("stop") + "; only 0 is supported");
    }
    if (part.has("single") || part.has("pair") || part.has("special_tokens")) {
      template(key, part);
    }
    for (String role : List.of("cls", "sep")) {
      if (part.has(role)) {
        knownId(key + "." + role + "[1]", part.path(role).path(1));
      }
    }
  }

  private void refuse(String key, String problem) {
    if (problem != null) {
      throw refusal(key, problem);
    }
  }

  private void pattern(String key, JsonNode part) {
    JsonNode pattern = part.path("pattern");
    if (pattern.path("Regex").isTextual()) {
      refuse(key + ".pattern.Regex", RegexCheck.problem(pattern.get("Regex").asText()));
    }
    if (!pattern.isMissingNode() && part.path("content").isTextual()) {
      int to = part.get("content").asText().length();
      int from = Math.max(1, pattern.path("String").asText().length());
      growth *= Math.max(1, (double) to / from);
      if (to > 0 && key.startsWith("normalizer") && matchesNothing(pattern)) {
        throw refusal(key + ".pattern", "matches between characters, where nothing can be put");
      }
      if (to > LONGEST_TEXT || growth > MOST_GROWTH) {
        throw refusal(key + ".content", "texts would grow too long");
      }
    }
  }

  private static boolean matchesNothing(JsonNode pattern) {
    return pattern.has("Regex")
        ? RegexCheck.matchesNothing(pattern.get("Regex").asText())
        : pattern.path("String").asText().isEmpty();
  }

  // ---- templates ----

  private void template(String key, JsonNode processor) {
    if (++templates > 1) {
      throw refusal(key, "a second template");
    }
    JsonNode tokens = processor.path("special_tokens");
    if (!tokens.isObject()) {
      throw refusal(key + ".special_tokens", "missing or no object");
    }
    tokens.properties().forEach(t -> special(key + ".special_tokens." + t.getKey(), t.getValue()));
    for (String kind : List.of("single", "pair")) {
      JsonNode pieces = processor.path(kind);
      int added = 0;
      for (int i = 0; i < pieces.size(); i++) {
        added += piece(key + "." + kind + "[" + i + "]", pieces.path(i), tokens, kind);
      }
      if (pieces.size() > MOST_ADDED || added > MOST_ADDED) {
        throw refusal(
            key + "." + kind,
            pieces.size() + " pieces with " + added + " tokens; " + MOST_ADDED + " at most");
      }
    }
  }

  /** How many tokens a piece of a template adds. */
  private int piece(String key, JsonNode piece, JsonNode tokens, String kind) {
    JsonNode special = piece.path("SpecialToken");
    JsonNode sequence = piece.path("Sequence");
    if (piece.size() != 1 || !special.isObject() && !sequence.isObject()) {
      throw refusal(key, "neither a SpecialToken nor a Sequence");
    }
    if (special.isObject()) {
      JsonNode token = tokens.path(special.path("id").asText());
      if (!token.isObject()) {
        throw refusal(
            key + ".SpecialToken.id",
            "special_tokens has no '" + special.path("id").asText() + "'");
      }
      return token.path("ids").size();
    }
    if (kind.equals("single") && sequence.path("id").asText().equals("B")) {
      throw refusal(key + ".Sequence.id", "a single text has no second one, B");
    }
    return 0;
  }

  private void special(String key, JsonNode token) {
    JsonNode tokenIds = token.path("ids");
    JsonNode texts = token.path("tokens");
    if (!tokenIds.isArray() || !texts.isArray() || tokenIds.size() != texts.size()) {
      throw refusal(
          key,
          tokenIds.size() + " ids and " + texts.size() + " tokens; two arrays as long are due");
    }
    for (int i = 0; i < tokenIds.size(); i++) {
      knownId(key + ".ids[" + i + "]", tokenIds.get(i));
    }
  }

  private void knownId(String key, JsonNode value) {
    int id = Vocabulary.id(file, key, value);
    if (id > vocabulary.largest()) {
      throw refusal(
          key, "an id of " + id + ", but the largest of a token is " + vocabulary.largest());
    }
  }

  private CheckpointException refusal(String key, String reason) {
    return refusal(file, key, reason);
  }

  /** What is thrown for a value of a file. */
  static CheckpointException refusal(String file, String key, String reason) {
    return new CheckpointException(file, "key " + key + ": " + reason);
  }
}
