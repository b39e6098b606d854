package io.github.jaubert.bert.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * The tokenizer.json of RoBERTa, XLM-RoBERTa and CamemBERT as transformers (5.18) makes it: of that
 * in the folder it takes the vocabulary, SentencePiece's table of characters and the added tokens,
 * and the rest from tokenizer_config.json or its own defaults.
 */
final class RobertaJson {
  /** The tokenizers by the {@code model_type} of config.json. */
  static final Map<String, String> CLASSES =
      Map.of(
          "roberta", "RobertaTokenizer",
          "xlm-roberta", "XLMRobertaTokenizer",
          "camembert", "CamembertTokenizer");

  /** Special tokens that the files do not name. */
  static final Map<String, String> SPECIAL =
      Map.of(
          "bos_token", "<s>",
          "eos_token", "</s>",
          "unk_token", "<unk>",
          "sep_token", "</s>",
          "pad_token", "<pad>",
          "cls_token", "<s>",
          "mask_token", "<mask>");

  private static final String CAMEMBERT = "CamembertTokenizer";
  private static final int XLM_UNKNOWN = 3;

  private RobertaJson() {}

  /** Whether a class of tokenizers reads a kind of model. */
  static boolean reads(String kind, ObjectNode json) {
    String model = json.path("model").path("type").asText();
    return CLASSES.containsValue(kind)
        && model.equals(kind.equals("RobertaTokenizer") ? "BPE" : "Unigram");
  }

  /** What CamemBERT's tokenizer says of special tokens where its config does not. */
  static ObjectNode completed(String kind, ObjectNode config) {
    if (!kind.equals(CAMEMBERT)) {
      return config;
    }
    ObjectNode all = config.deepCopy();
    if (!all.path("mask_token").isObject()) {
      String mask = all.path("mask_token").asText(SPECIAL.get("mask_token"));
      all.set("mask_token", AddedTokens.token(mask, true).put("lstrip", true));
    }
    if (all.path("additional_special_tokens").isEmpty()) {
      all.putArray("additional_special_tokens")
          .add("<s>NOTUSED")
          .add("</s>NOTUSED")
          .add("<unk>NOTUSED");
    }
    return all;
  }

  /**
   * The tokenizer.json.
   *
   * @param kind one of {@link #CLASSES}
   * @param json as it was read
   * @param added all added tokens, numbered
   * @throws CheckpointException if there is no token to put around texts
   */
  static ObjectNode json(
      String file,
      String kind,
      ObjectNode json,
      ObjectNode config,
      SpecialTokens special,
      ArrayNode added) {
    ObjectNode wanted = JsonFiles.object().setAll(json);
    wanted.set("added_tokens", added);
    ObjectNode model = JsonFiles.object().setAll((ObjectNode) json.get("model"));
    wanted.set("model", model);
    boolean prefixSpace = config.path("add_prefix_space").asBoolean(!kind.startsWith("Roberta"));
    if (kind.startsWith("Roberta")) {
      bytes(file, wanted, prefixSpace, config.path("trim_offsets").asBoolean(true), special);
      refuse(model, "dropout", NullNode.getInstance());
      refuse(model, "unk_token", NullNode.getInstance());
      refuse(model, "continuing_subword_prefix", TextNode.valueOf(""));
      refuse(model, "end_of_word_suffix", TextNode.valueOf(""));
      refuse(model, "fuse_unk", BooleanNode.FALSE);
      refuse(model, "ignore_merges", BooleanNode.FALSE);
    } else {
      pieces(file, wanted, prefixSpace, special);
      Integer unknown = Vocabulary.ofModel(model).get(special.text("unk_token"));
      model.put("unk_id", kind.equals(CAMEMBERT) ? unknown == null ? 0 : unknown : XLM_UNKNOWN);
    }
    refuse(model, "byte_fallback", BooleanNode.FALSE);
    for (String part : new String[] {"normalizer", "pre_tokenizer", "post_processor", "decoder"}) {
      if (meaning(json.path(part)).equals(meaning(wanted.path(part)))) {
        wanted.set(part, json.get(part)); // older files say the same in other words
      }
    }
    return wanted;
  }

  /** Says no to a setting, unless the file has none of it: large files then stay as they are. */
  private static void refuse(ObjectNode model, String key, JsonNode none) {
    JsonNode there = model.path(key);
    if (!there.isMissingNode() && !there.isNull() && !there.equals(none)) {
      model.set(key, none);
    }
  }

  private static void bytes(
      String file, ObjectNode json, boolean prefixSpace, boolean trim, SpecialTokens special) {
    json.putNull("normalizer");
    json.set("pre_tokenizer", byteLevel(prefixSpace));
    json.set("decoder", byteLevel(true));
    ObjectNode processor = json.putObject("post_processor");
    processor.put("type", "RobertaProcessing");
    for (String role : new String[] {"sep", "cls"}) {
      String token = text(file, special, role + "_token");
      processor.putArray(role).add(token).add(id(json, token));
    }
    processor.put("trim_offsets", trim).put("add_prefix_space", prefixSpace);
  }

  private static ObjectNode byteLevel(boolean prefixSpace) {
    ObjectNode part = JsonFiles.object().put("type", "ByteLevel");
    return part.put("add_prefix_space", prefixSpace)
        .put("trim_offsets", true)
        .put("use_regex", true);
  }

  private static void pieces(
      String file, ObjectNode json, boolean prefixSpace, SpecialTokens special) {
    json.set("normalizer", charsmap(json.path("normalizer")));
    ObjectNode splitter = json.putObject("pre_tokenizer").put("type", "Sequence");
    ArrayNode parts = splitter.putArray("pretokenizers");
    parts.addObject().put("type", "WhitespaceSplit");
    parts.add(metaspace(prefixSpace));
    json.set("decoder", metaspace(prefixSpace));
    String begin = text(file, special, "bos_token");
    String end = text(file, special, "eos_token");
    ObjectNode processor = json.putObject("post_processor").put("type", "TemplateProcessing");
    for (String kind : new String[] {"single", "pair"}) {
      ArrayNode pieces = processor.putArray(kind);
      pieces.add(WordPiece.piece("SpecialToken", begin, 0));
      pieces.add(WordPiece.piece("Sequence", "A", 0));
      pieces.add(WordPiece.piece("SpecialToken", end, 0));
      if (kind.equals("pair")) {
        pieces.add(WordPiece.piece("SpecialToken", end, 0));
        pieces.add(WordPiece.piece("Sequence", "B", 0));
        pieces.add(WordPiece.piece("SpecialToken", end, 0));
      }
    }
    ObjectNode tokens = processor.putObject("special_tokens");
    for (String token : new String[] {begin, end}) {
      ObjectNode one = tokens.putObject(token).put("id", token);
      one.putArray("ids").add(id(json, token));
      one.putArray("tokens").add(token);
    }
  }

  private static ObjectNode metaspace(boolean prefixSpace) {
    ObjectNode part = JsonFiles.object().put("type", "Metaspace").put("replacement", "▁");
    return part.put("prepend_scheme", prefixSpace ? "always" : "never").put("split", true);
  }

  /** SentencePiece's table of characters, of a normalizer or the first among its parts. */
  private static JsonNode charsmap(JsonNode normalizer) {
    if (normalizer.path("type").asText().equals("Sequence")) {
      for (JsonNode part : normalizer.path("normalizers")) {
        if (part.path("type").asText().equals("Precompiled")) {
          return part;
        }
      }
    }
    return normalizer.path("type").asText().equals("Precompiled")
        ? normalizer
        : NullNode.getInstance();
  }

  private static String text(String file, SpecialTokens special, String role) {
    String text = special.text(role);
    if (text == null) {
      throw new CheckpointException(file, "names no " + role + ", which stands around texts");
    }
    return text;
  }

  private static int id(ObjectNode json, String token) {
    for (JsonNode added : json.path("added_tokens")) {
      if (added.path("content").asText().equals(token)) {
        return added.path("id").asInt();
      }
    }
    return Vocabulary.ofModel(json.path("model")).get(token);
  }

  /** A part without what makes no difference, and with what older files leave out. */
  private static JsonNode meaning(JsonNode part) {
    ObjectNode same = JsonFiles.object();
    switch (part.path("type").asText()) {
      case "Sequence" -> {
        ArrayNode parts = same.putArray("parts");
        part.path("pretokenizers").forEach(one -> parts.add(meaning(one)));
        part.path("normalizers").forEach(one -> parts.add(meaning(one)));
      }
      case "ByteLevel" -> {
        same.set("prefix", part.path("add_prefix_space"));
        same.put("regex", part.path("use_regex").asBoolean(true));
      }
      case "Metaspace" -> {
        same.set("replacement", part.path("replacement"));
        String older = part.path("add_prefix_space").asBoolean(true) ? "always" : "never";
        same.put("scheme", part.path("prepend_scheme").asText(older));
        same.put("split", part.path("split").asBoolean(true));
      }
      default -> {
        return part.isMissingNode() ? NullNode.getInstance() : part;
      }
    }
    return same.put("type", part.path("type").asText());
  }

  // ---- without a tokenizer.json ----

  /**
   * What tokenizer.json would hold of a vocab.json and a merges.txt, the files of RoBERTa's
   * tokenizer before there was one.
   *
   * @throws CheckpointException if a token has no id that is one
   */
  static ObjectNode ofMerges(String file, ObjectNode vocabulary, byte[] merges) {
    vocabulary.properties().forEach(t -> Vocabulary.id(file, t.getKey(), t.getValue()));
    ObjectNode json = JsonFiles.object().put("version", "1.0");
    json.putNull("truncation").putNull("padding").putArray("added_tokens");
    ObjectNode model = json.putObject("model").put("type", "BPE");
    model.set("vocab", vocabulary);
    ArrayNode pairs = model.putArray("merges");
    new String(merges, StandardCharsets.UTF_8)
        .lines()
        .filter(line -> !line.isEmpty() && !line.startsWith("#version"))
        .forEach(pairs::add);
    return json;
  }
}
