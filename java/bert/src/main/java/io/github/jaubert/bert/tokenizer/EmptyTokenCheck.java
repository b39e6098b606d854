package io.github.jaubert.bert.tokenizer;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;

/**
 * Refuses added tokens of which the normalizer leaves nothing: the native library then finds them
 * between the bytes of every character, and panics. So it does at one of space alone that takes the
 * space before it, when another took that already.
 *
 * <p>What the normalizer leaves is asked of the library itself, by a tokenizer with the same
 * normalizer but without added tokens.
 */
final class EmptyTokenCheck {
  private static final int MAX_LENGTH = 16;

  private final String file;
  private final JsonNode normalizer;
  private final JsonNode addedTokens;

  /**
   * @param file tokenizer.json, for messages
   * @param normalizer its normalizer, which {@link TokenizerCheck} let pass, as the others
   * @param addedTokens its added tokens
   */
  EmptyTokenCheck(String file, JsonNode normalizer, JsonNode addedTokens) {
    this.file = file;
    this.normalizer = normalizer;
    this.addedTokens = addedTokens;
  }

  /**
   * Asks the library, if there is anything to ask.
   *
   * @throws CheckpointException that names the file and the key
   */
  void run() {
    boolean takesSpaceBehind = false;
    boolean normalized = false;
    for (JsonNode token : addedTokens) {
      takesSpaceBehind |= token.path("rstrip").asBoolean();
      normalized |= isNormalized(token);
    }
    normalized &= normalizer.isObject();
    if (!takesSpaceBehind && !normalized) {
      return;
    }
    try (HuggingFaceTokenizer words = probe(true);
        HuggingFaceTokenizer whole = probe(false)) {
      int i = 0;
      for (JsonNode token : addedTokens) {
        String content = token.path("content").asText();
        boolean changes = normalized && isNormalized(token);
        String reason = null;
        if (changes && isEmpty(whole, content)) {
          reason = "the normalizer leaves nothing of it";
        } else if (takesSpaceBehind
            && token.path("lstrip").asBoolean()
            && (changes ? isEmpty(words, content) : content.isBlank() || isSpace(content))) {
          reason = "only space, which an added token before it takes";
        }
        if (reason != null) {
          throw TokenizerCheck.refusal(file, "added_tokens[" + i + "].content", reason);
        }
        i++;
      }
    } catch (CheckpointException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new CheckpointException(file, "is no tokenizer: " + e.getMessage(), e);
    }
  }

  private static boolean isNormalized(JsonNode token) {
    return token.path("normalized").asBoolean();
  }

  private static boolean isSpace(String text) {
    return text.codePoints()
        .allMatch(c -> Character.isWhitespace(c) || Character.isSpaceChar(c) || c == 0x85);
  }

  private static boolean isEmpty(HuggingFaceTokenizer probe, String content) {
    return probe.encode(content, false, false).getIds().length == 0;
  }

  /** A tokenizer that gives one token for a text, or for each of its words, if anything is left. */
  private HuggingFaceTokenizer probe(boolean words) {
    ObjectNode json = JsonFiles.object();
    json.put("version", "1.0");
    json.putArray("added_tokens");
    json.set("normalizer", normalizer.isObject() ? normalizer : null);
    if (words) {
      json.putObject("pre_tokenizer").put("type", "WhitespaceSplit");
    }
    ObjectNode model = json.putObject("model");
    model.put("type", "WordLevel");
    model.put("unk_token", "?");
    model.putObject("vocab").put("?", 0);
    return NativeTokenizers.create(JsonFiles.format(json), MAX_LENGTH);
  }
}
