package io.github.jaubert.bert.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import java.util.HashMap;
import java.util.Map;

/**
 * Refuses what the native library would panic at in a tokenizer.json: its panics end the whole
 * virtual machine.
 */
final class TokenizerCheck {
  /** Far more than any vocabulary has; an array of the tokens by id is made. */
  private static final int LARGEST_ID = 10_000_000;

  /** Values come from the file and may be of any length. */
  private static final int LONGEST_QUOTE = 200;

  private final String file;
  private final Map<String, Integer> ids = new HashMap<>();
  private int largest = -1;

  private TokenizerCheck(String file) {
    this.file = file;
  }

  /**
   * Checks a whole tokenizer.json.
   *
   * @throws CheckpointException that names the file and the key
   */
  static void check(String file, ObjectNode json) {
    TokenizerCheck check = new TokenizerCheck(file);
    check.numbers("", json);
    check.vocabulary(json.path("model").path("vocab"));
    check.addedTokens(json.path("added_tokens"));
    check.processor("post_processor", json.path("post_processor"));
  }

  private void numbers(String key, JsonNode node) {
    if (node.isNumber() && !Double.isFinite(node.doubleValue())) {
      throw refusal(key, "a number out of range");
    }
    node.properties()
        .forEach(
            entry -> {
              // The vocabulary is large; its ids are looked at on their own.
              if (!key.equals("model.vocab")) {
                String name = entry.getKey();
                numbers(key.isEmpty() ? name : key + "." + name, entry.getValue());
              }
            });
    if (node.isArray()) {
      for (int i = 0; i < node.size(); i++) {
        numbers(key + "[" + i + "]", node.get(i));
      }
    }
  }

  private void vocabulary(JsonNode vocab) {
    if (!vocab.isObject()) {
      throw new CheckpointException(
          file, "model.vocab is missing or no object: this is no WordPiece tokenizer");
    }
    vocab
        .properties()
        .forEach(
            token -> {
              int id = id("model.vocab." + token.getKey(), token.getValue());
              ids.put(token.getKey(), id);
              largest = Math.max(largest, id);
            });
  }

  private void addedTokens(JsonNode list) {
    if (!list.isMissingNode() && !list.isNull() && !list.isArray()) {
      throw refusal("added_tokens", "no array");
    }
    for (int i = 0; i < list.size(); i++) {
      String key = "added_tokens[" + i + "]";
      largest = Math.max(largest, id(key + ".id", list.get(i).path("id")));
      text(key + ".content", list.get(i).path("content"));
    }
    // A token that the vocabulary lacks gets the next free id, whatever the file says.
    int next = ids.size();
    for (int i = 0; i < list.size(); i++) {
      String token = list.get(i).path("content").asText();
      Integer known = ids.get(token);
      int id = known == null ? next : known;
      if (id > largest) {
        throw refusal(
            "added_tokens[" + i + "].id",
            list.get(i).get("id") + " belongs to another token; this one would get " + id);
      }
      ids.put(token, id);
      next = Math.max(next, id + 1);
    }
  }

  private void processor(String key, JsonNode processor) {
    switch (processor.path("type").asText()) {
      case "Sequence" -> {
        JsonNode processors = processor.path("processors");
        for (int i = 0; i < processors.size(); i++) {
          processor(key + ".processors[" + i + "]", processors.get(i));
        }
      }
      case "TemplateProcessing" -> template(key, processor);
      case "BertProcessing", "RobertaProcessing" -> {
        for (String role : new String[] {"cls", "sep"}) {
          knownId(key + "." + role + "[1]", processor.path(role).path(1));
        }
      }
      default -> {
        // The others add no tokens.
      }
    }
  }

  private void template(String key, JsonNode processor) {
    JsonNode tokens = processor.path("special_tokens");
    if (!tokens.isObject()) {
      throw refusal(key + ".special_tokens", "missing or no object");
    }
    tokens.properties().forEach(t -> special(key + ".special_tokens." + t.getKey(), t.getValue()));
    for (String kind : new String[] {"single", "pair"}) {
      JsonNode pieces = processor.path(kind);
      for (int i = 0; i < pieces.size(); i++) {
        String place = key + "." + kind + "[" + i + "]";
        JsonNode piece = pieces.get(i);
        if (piece.has("SpecialToken")) {
          String token = piece.path("SpecialToken").path("id").asText();
          if (!tokens.has(token)) {
            throw refusal(
                place + ".SpecialToken.id", "special_tokens has no '" + quote(token) + "'");
          }
        } else if (kind.equals("single")
            && piece.path("Sequence").path("id").asText().equals("B")) {
          throw refusal(place + ".Sequence.id", "a single text has no second one, B");
        }
      }
    }
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
    int id = id(key, value);
    if (id > largest) {
      throw refusal(key, "an id of " + id + ", but the largest of a token is " + largest);
    }
  }

  private int id(String key, JsonNode value) {
    if (!value.isInt() || value.asInt() < 0 || value.asInt() > LARGEST_ID) {
      String is = value.isMissingNode() ? "is missing" : "is " + quote(value.toString());
      throw refusal(key, "the id " + is + "; whole numbers from 0 to " + LARGEST_ID + " are taken");
    }
    return value.asInt();
  }

  private void text(String key, JsonNode value) {
    if (!value.isTextual() || value.asText().isEmpty()) {
      throw refusal(key, "missing or empty");
    }
  }

  private CheckpointException refusal(String key, String reason) {
    return new CheckpointException(file, "key " + quote(key) + ": " + reason);
  }

  /** The text, cut if it is long. */
  static String quote(String text) {
    return text.length() <= LONGEST_QUOTE ? text : text.substring(0, LONGEST_QUOTE) + "…";
  }
}
