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
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** BERT's tokenizer in its two forms: the old vocab.txt, one token a line, and tokenizer.json. */
final class WordPiece {
  private static final List<String> SPECIAL =
      List.of("pad_token", "unk_token", "cls_token", "sep_token", "mask_token");

  private WordPiece() {}

  // ---- vocab.txt ----

  /**
   * The ids of the tokens in vocab.txt: the number of the line.
   *
   * @throws CheckpointException if it is not UTF-8, empty or a Git LFS pointer
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
    Map<String, Integer> ids = new LinkedHashMap<>();
    // Only newlines separate: other characters that Java takes for line ends are tokens of real
    // vocabularies.
    String[] lines = text.split("\n", -1);
    int count = lines[lines.length - 1].isEmpty() ? lines.length - 1 : lines.length;
    for (int i = 0; i < count; i++) {
      ids.put(lines[i].endsWith("\r") ? lines[i].substring(0, lines[i].length() - 1) : lines[i], i);
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
   * @param file vocab.txt, for messages
   * @param config tokenizer_config.json: lower case, accents, Chinese characters, the special
   *     tokens and the added ones; BERT's usual if missing
   * @param added tokens beyond the vocabulary, of added_tokens.json
   * @throws CheckpointException if a special token is not in the vocabulary, or an added one
   *     contradicts it
   */
  static ObjectNode json(
      String file, Map<String, Integer> ids, ObjectNode config, ObjectNode added) {
    ObjectNode json = JsonFiles.object();
    json.put("version", "1.0");
    json.putNull("truncation");
    json.putNull("padding");
    addTokens(file, json.putArray("added_tokens"), ids, config, added);
    boolean lowerCase = config.path("do_lower_case").asBoolean(true);
    ObjectNode normalizer = json.putObject("normalizer");
    normalizer.put("type", "BertNormalizer");
    normalizer.put("clean_text", true);
    normalizer.put("handle_chinese_chars", config.path("tokenize_chinese_chars").asBoolean(true));
    normalizer.set("strip_accents", config.get("strip_accents")); // null: as lower case
    normalizer.put("lowercase", lowerCase);
    json.putObject("pre_tokenizer").put("type", "BertPreTokenizer");
    addTemplate(json.putObject("post_processor"), file, ids, config);
    ObjectNode decoder = json.putObject("decoder");
    decoder.put("type", "WordPiece");
    decoder.put("prefix", "##");
    decoder.put("cleanup", true);
    ObjectNode model = json.putObject("model");
    model.put("type", "WordPiece");
    model.put("unk_token", special(config, "unk_token"));
    model.put("continuing_subword_prefix", "##");
    model.put("max_input_chars_per_word", 100);
    ObjectNode vocab = model.putObject("vocab");
    ids.forEach(vocab::put);
    return json;
  }

  private static void addTokens(
      String file, ArrayNode list, Map<String, Integer> ids, ObjectNode config, ObjectNode added) {
    Map<Integer, ObjectNode> byId = new TreeMap<>();
    for (String role : SPECIAL) {
      String token = special(config, role);
      if (role.equals("mask_token") && !ids.containsKey(token)) {
        continue; // only masked language models need it
      }
      int id = idOf(file, ids, role, token);
      byId.put(id, addedToken(id, token, true));
    }
    decoderTokens(file, ids, config.path("added_tokens_decoder")).forEach(byId::put);
    added
        .properties()
        .forEach(
            token -> {
              int id = token.getValue().asInt();
              byId.putIfAbsent(id, addedToken(id, token.getKey(), false));
            });
    byId.values().forEach(list::add);
  }

  /** The tokens by id of tokenizer_config.json's added_tokens_decoder. */
  private static Map<Integer, ObjectNode> decoderTokens(
      String file, Map<String, Integer> ids, JsonNode decoder) {
    String configFile = Path.of(file).resolveSibling(TokenizerFiles.CONFIG).toString();
    Map<Integer, ObjectNode> tokens = new TreeMap<>();
    decoder
        .properties()
        .forEach(
            entry -> {
              String key = entry.getKey();
              JsonNode value = entry.getValue();
              String content = value.path("content").asText();
              // Nine digits fit into an int; TokenizerCheck has the last word.
              if (!key.matches("[0-9]{1,9}") || content.isEmpty()) {
                throw new CheckpointException(
                    configFile,
                    "key added_tokens_decoder."
                        + TokenizerCheck.quote(key)
                        + ": an id and an object with the token as content are due");
              }
              int id = Integer.parseInt(key);
              Integer line = ids.get(content);
              if (line == null ? id < ids.size() : line != id) {
                throw new CheckpointException(
                    configFile,
                    "key added_tokens_decoder."
                        + key
                        + ": '"
                        + TokenizerCheck.quote(content)
                        + "' is another token in vocab.txt");
              }
              ObjectNode token = addedToken(id, content, value.path("special").asBoolean());
              for (String flag : List.of("single_word", "lstrip", "rstrip", "normalized")) {
                token.put(flag, value.path(flag).asBoolean(token.get(flag).asBoolean()));
              }
              tokens.put(id, token);
            });
    return tokens;
  }

  private static ObjectNode addedToken(int id, String content, boolean special) {
    ObjectNode token = JsonFiles.object();
    token.put("id", id);
    token.put("content", content);
    token.put("single_word", false);
    token.put("lstrip", false);
    token.put("rstrip", false);
    token.put("normalized", !special);
    token.put("special", special);
    return token;
  }

  /** {@code [CLS] A [SEP]} and {@code [CLS] A [SEP] B [SEP]}, the second text as type 1. */
  private static void addTemplate(
      ObjectNode processor, String file, Map<String, Integer> ids, ObjectNode config) {
    String cls = special(config, "cls_token");
    String sep = special(config, "sep_token");
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
    for (String role : List.of("cls_token", "sep_token")) {
      String token = special(config, role);
      ObjectNode entry = tokens.putObject(token);
      entry.put("id", token);
      entry.putArray("ids").add(idOf(file, ids, role, token));
      entry.putArray("tokens").add(token);
    }
  }

  private static ObjectNode piece(String kind, String id, int typeId) {
    ObjectNode piece = JsonFiles.object();
    ObjectNode content = piece.putObject(kind);
    content.put("id", id);
    content.put("type_id", typeId);
    return piece;
  }

  /**
   * Adds the special tokens of special_tokens_map.json that tokenizer_config.json does not name:
   * old folders have them only there.
   */
  static void nameSpecialTokens(ObjectNode config, ObjectNode map) {
    for (String role : SPECIAL) {
      if (!config.hasNonNull(role) && map.hasNonNull(role)) {
        config.set(role, map.get(role));
      }
    }
  }

  /** A special token's text: a string, or the content of an object, or BERT's usual. */
  private static String special(ObjectNode config, String role) {
    JsonNode value = config.path(role);
    if (value.isObject()) {
      value = value.path("content");
    }
    String usual = "[" + role.replace("_token", "").toUpperCase(Locale.ROOT) + "]";
    return value.isTextual() ? value.asText() : usual;
  }

  private static int idOf(String file, Map<String, Integer> ids, String role, String token) {
    Integer id = ids.get(token);
    if (id == null) {
      throw new CheckpointException(file, "has no line '" + token + "', the " + role);
    }
    return id;
  }

  // ---- tokenizer_config.json ----

  /**
   * The tokenizer_config.json that goes with a tokenizer.json that came without one.
   *
   * @param names the special tokens; BERT's usual if missing
   */
  static ObjectNode config(ObjectNode json, ObjectNode names, int maxLength) {
    ObjectNode config = JsonFiles.object();
    config.put("cls_token", special(names, "cls_token"));
    JsonNode normalizer = json.path("normalizer");
    config.put("do_lower_case", normalizer.path("lowercase").asBoolean(true));
    config.put("mask_token", special(names, "mask_token"));
    config.put("model_max_length", maxLength);
    config.put("pad_token", special(names, "pad_token"));
    config.put("sep_token", special(names, "sep_token"));
    config.set("strip_accents", normalizer.get("strip_accents"));
    config.put("tokenize_chinese_chars", normalizer.path("handle_chinese_chars").asBoolean(true));
    config.put("tokenizer_class", "BertTokenizer");
    config.put("unk_token", special(names, "unk_token"));
    return config;
  }
}
