package io.github.jaubert.bert.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lower case, accents and Chinese characters as tokenizer_config.json has them. Where it disagrees
 * with tokenizer.json, transformers (5.18) follows it for the tokenizers of BERT, and takes its own
 * defaults for what it does not say.
 */
final class ConfiguredNormalizer {
  private static final Logger LOG = LoggerFactory.getLogger(Tokenizer.class);

  private ConfiguredNormalizer() {}

  /**
   * Changes the normalizer of a tokenizer.json.
   *
   * @param file tokenizer.json, for the warning
   * @param config tokenizer_config.json
   * @return whether it was another
   */
  static boolean apply(String file, ObjectNode json, ObjectNode config) {
    String kind = config.path("tokenizer_class").asText("BertTokenizer");
    if (!kind.startsWith("BertTokenizer")) {
      return false; // of other tokenizers, tokenizer.json is all
    }
    ObjectNode wanted = JsonFiles.object();
    wanted.put("type", "BertNormalizer");
    wanted.put("clean_text", true);
    wanted.put("handle_chinese_chars", config.path("tokenize_chinese_chars").asBoolean(true));
    JsonNode accents = config.path("strip_accents");
    wanted.set("strip_accents", accents.isBoolean() ? accents : NullNode.instance);
    wanted.put("lowercase", config.path("do_lower_case").asBoolean(true));
    JsonNode before = json.path("normalizer");
    if (wanted.equals(before)) {
      return false;
    }
    LOG.warn(
        "{}: texts are prepared as tokenizer_config.json says, as transformers does: {} (not {})",
        file,
        wanted,
        TokenizerCheck.quote(before.toString()));
    json.set("normalizer", wanted);
    return true;
  }
}
