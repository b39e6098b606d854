package io.github.jaubert.bert.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import java.util.Set;
import java.util.UUID;

/**
 * {@code split_special_tokens} of tokenizer_config.json: special tokens that someone wrote in a
 * text are words as any others. The native library's switch for it is not in tokenizer.json, so
 * that they are taken out of what it finds in texts.
 */
final class SplitSpecialTokens {
  static final String KEY = "split_special_tokens";

  private SplitSpecialTokens() {}

  /** A tokenizer.json with the same ids, which finds no special tokens in a text. */
  static ObjectNode of(ObjectNode json) {
    Set<String> words = Vocabulary.ofModel(json.path("model")).keySet();
    ArrayNode added = JsonFiles.object().putArray("added_tokens");
    for (JsonNode token : json.path("added_tokens")) {
      if (!token.path("special").asBoolean()) {
        added.add(token);
      } else if (!words.contains(token.path("content").asText())) {
        // Kept, for the library numbers those behind it anew; by a name that nobody can write.
        ObjectNode kept = token.deepCopy();
        added.add(kept.put("content", "\uFFFF" + UUID.randomUUID()).put("normalized", false));
      }
    }
    return JsonFiles.object().<ObjectNode>setAll(json).set("added_tokens", added);
  }
}
