package io.github.jaubert.bert.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import java.util.Map;
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
   * @param read the files that are there
   * @return whether it was another
   */
  static boolean apply(String file, ObjectNode json, Map<String, byte[]> read, ObjectNode config) {
    String kind = config.path("tokenizer_class").asText("BertTokenizer");
    if (!read.containsKey(TokenizerFiles.CONFIG) || !kind.startsWith("BertTokenizer")) {
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
        before.toString().substring(0, Math.min(200, before.toString().length())));
    json.set("normalizer", wanted);
    return true;
  }
}
