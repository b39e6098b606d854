package io.github.jaubert.bert.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.LfsPointer;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** BERT's tokenizer in its two forms: the old vocab.txt, one token a line, and tokenizer.json. */
final class WordPiece {
  private static final Logger LOG = LoggerFactory.getLogger(Tokenizer.class);
  private static final Pattern BLANKS_AT_END = Pattern.compile("\\p{IsWhite_Space}+$");

  private WordPiece() {}

  // ---- vocab.txt ----

  /**
   * The ids of the tokens in vocab.txt: the number of the line. A byte order mark at its beginning
   * is left out: in transformers it makes the first token, which is [PAD], another one.
   *
   * @throws CheckpointException if it is not UTF-8, is empty or a Git LFS pointer
   */
  static Map<String, Integer> readVocabulary(String file, byte[] bytes) {
    LfsPointer.refuse(file, bytes);
    String text;
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    try {
      text =
          StandardCharsets.UTF_8
              .newDecoder()
              .onMalformedInput(CodingErrorAction.REPORT)
              .onUnmappableCharacter(CodingErrorAction.REPORT)
              .decode(buffer)
              .toString();
    } catch (CharacterCodingException e) {
      throw new CheckpointException(file, "byte " + buffer.position() + " is not UTF-8", e);
    }
    if (text.startsWith("\uFEFF")) {
      LOG.warn(
          "{}: begins with a byte order mark (EF BB BF), which was left out; transformers takes it"
              + " for a part of the first token",
          file);
      text = text.substring(1);
    }
    Map<String, Integer> ids = new LinkedHashMap<>();
    // Only newlines separate: other characters that Java takes for line ends are tokens of real
    // vocabularies.
    String[] lines = text.split("\n", -1);
    int count = lines[lines.length - 1].isEmpty() ? lines.length - 1 : lines.length;
    for (int i = 0; i < count; i++) {
      // As the native library does; a line of nothing but blanks is left as a name for its id.
      String token = BLANKS_AT_END.matcher(lines[i]).replaceFirst("");
      ids.put(token.isEmpty() && !lines[i].equals("\r") ? lines[i] : token, i);
    }
    if (ids.isEmpty()) {
      throw new CheckpointException(file, "is empty");
    }
    return ids;
  }

  /** The lines of vocab.txt for the tokens of a tokenizer.json, or null if their ids have gaps. */
  static byte[] writeVocabulary(String[] vocabulary) {
    StringBuilder text = new StringBuilder();
    for (String token : vocabulary) {
      if (token == null || token.indexOf('\n') >= 0) {
        return null;
      }
      text.append(token).append('\n');
    }
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  // ---- tokenizer.json ----

  /**
   * The tokenizer.json of a vocabulary.
   *
   * @param file tokenizer_config.json, for messages
   * @param config its content: lower case, accents, Chinese characters; BERT's usual if missing
   * @param added the added tokens as tokenizer.json has them
   */
  static ObjectNode json(
      String file,
      Map<String, Integer> ids,
      ObjectNode config,
      SpecialTokens special,
      ArrayNode added) {
    ObjectNode json = JsonFiles.object();
    json.put("version", "1.0");
    json.putNull("truncation");
    json.putNull("padding");
    json.set("added_tokens", added);
    json.setAll(parts(file, config));
    addTemplate(json.putObject("post_processor"), ids, special, added);
    ObjectNode decoder = json.putObject("decoder");
    decoder.put("type", "WordPiece");
    decoder.put("prefix", "##");
    decoder.put("cleanup", true);
    ObjectNode model = json.putObject("model");
    model.put("type", "WordPiece");
    model.put("unk_token", String.valueOf(special.text("unk_token")));
    model.put("continuing_subword_prefix", "##");
    model.put("max_input_chars_per_word", 100);
    ObjectNode vocab = model.putObject("vocab");
    ids.forEach(vocab::put);
    return json;
  }

  /** The normalizer and the pre_tokenizer of BERT. */
  static ObjectNode parts(String file, ObjectNode config) {
    ObjectNode json = JsonFiles.object();
    ObjectNode normalizer = json.putObject("normalizer");
    normalizer.put("type", "BertNormalizer");
    normalizer.put("clean_text", true);
    normalizer.put("handle_chinese_chars", flag(file, config, "tokenize_chinese_chars", true));
    if (config.hasNonNull("strip_accents")) {
      normalizer.put("strip_accents", flag(file, config, "strip_accents", true));
    } else {
      normalizer.putNull("strip_accents"); // as lower case
    }
    normalizer.put("lowercase", flag(file, config, "do_lower_case", true));
    json.putObject("pre_tokenizer").put("type", "BertPreTokenizer");
    return json;
  }

  /** A setting that is true or false. */
  static boolean flag(String file, ObjectNode config, String key, boolean usual) {
    JsonNode value = config.path(key);
    if (value.isMissingNode() || value.isNull()) {
      return usual;
    }
    if (!value.isBoolean()) {
      throw TokenizerCheck.refusal(file, key, value + "; true or false is due");
    }
    return value.asBoolean();
  }

  /** {@code [CLS] A [SEP]} and {@code [CLS] A [SEP] B [SEP]}, the second text as type 1. */
  private static void addTemplate(
      ObjectNode processor, Map<String, Integer> ids, SpecialTokens special, ArrayNode added) {
    // What transformers makes of a config that says null.
    String cls = String.valueOf(special.text("cls_token"));
    String sep = String.valueOf(special.text("sep_token"));
    processor.put("type", "TemplateProcessing");
    ArrayNode single = processor.putArray("single");
    single
        .add(piece("SpecialToken", cls, 0))
        .add(piece("Sequence", "A", 0))
        .add(piece("SpecialToken", sep, 0));
    ArrayNode pair = processor.putArray("pair");
    pair.addAll(single.deepCopy());
    pair.add(piece("Sequence", "B", 1)).add(piece("SpecialToken", sep, 1));
    ObjectNode tokens = processor.putObject("special_tokens");
    addToTemplate(tokens, cls, special.text("cls_token") == null ? 2 : id(cls, ids, added));
    addToTemplate(tokens, sep, special.text("sep_token") == null ? 3 : id(sep, ids, added));
  }

  private static void addToTemplate(ObjectNode tokens, String token, int id) {
    ObjectNode entry = tokens.putObject(token);
    entry.put("id", token);
    entry.putArray("ids").add(id);
    entry.putArray("tokens").add(token);
  }

  private static int id(String token, Map<String, Integer> ids, ArrayNode added) {
    for (JsonNode one : added) {
      if (one.get("content").asText().equals(token)) {
        return one.get("id").asInt();
      }
    }
    return ids.get(token);
  }

  static ObjectNode piece(String kind, String id, int typeId) {
    ObjectNode piece = JsonFiles.object();
    ObjectNode content = piece.putObject(kind);
    content.put("id", id);
    content.put("type_id", typeId);
    return piece;
  }

  // ---- tokenizer_config.json ----

  /** The tokenizer_config.json that goes with a tokenizer.json that came without one. */
  static ObjectNode config(ObjectNode json, SpecialTokens special, int maxLength) {
    ObjectNode config = JsonFiles.object();
    config.put("cls_token", special.text("cls_token"));
    JsonNode normalizer = json.path("normalizer");
    config.put("do_lower_case", normalizer.path("lowercase").asBoolean(true));
    config.put("mask_token", special.text("mask_token"));
    config.put("model_max_length", maxLength);
    config.put("pad_token", special.text("pad_token"));
    config.put("sep_token", special.text("sep_token"));
    config.set("strip_accents", normalizer.get("strip_accents"));
    config.put("tokenize_chinese_chars", normalizer.path("handle_chinese_chars").asBoolean(true));
    config.put("tokenizer_class", "BertTokenizer");
    config.put("unk_token", special.text("unk_token"));
    return config;
  }
}
