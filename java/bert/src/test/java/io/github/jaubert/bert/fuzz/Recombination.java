package io.github.jaubert.bert.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Tokenizers that are well-formed, but of parts that nobody puts together: the library reads them,
 * and may fail when it encodes.
 */
final class Recombination {
  private static final List<String> NORMALIZERS =
      List.of(
          "{\"type\":\"NFD\"}",
          "{\"type\":\"NFC\"}",
          "{\"type\":\"NFKC\"}",
          "{\"type\":\"NFKD\"}",
          "{\"type\":\"Nmt\"}",
          "{\"type\":\"Lowercase\"}",
          "{\"type\":\"StripAccents\"}",
          "{\"type\":\"ByteLevel\"}",
          "{\"type\":\"Strip\",\"strip_left\":true,\"strip_right\":true}",
          "{\"type\":\"Strip\",\"strip_left\":false,\"strip_right\":true}",
          "{\"type\":\"Prepend\",\"prepend\":\"▁\"}",
          "{\"type\":\"Prepend\",\"prepend\":\"é \"}",
          "{\"type\":\"Replace\",\"pattern\":{\"String\":\" \"},\"content\":\"▁\"}",
          "{\"type\":\"Replace\",\"pattern\":{\"String\":\"e\"},\"content\":\"\"}",
          "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\".\"},\"content\":\"\"}",
          "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"^.\"},\"content\":\"xyz\"}",
          "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"[aeiou]+\"},\"content\":\"é😀\"}",
          "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"\\\\s+$\"},\"content\":\"\"}",
          "{\"type\":\"BertNormalizer\",\"clean_text\":true,\"handle_chinese_chars\":true,\"strip_accents\":true,\"lowercase\":false}",
          "{\"type\":\"Precompiled\",\"precompiled_charsmap\":\""
              + SeedTokenizers.charsmap()
              + "\"}");
  private static final List<String> PRE_TOKENIZERS =
      List.of(
          "{\"type\":\"Whitespace\"}",
          "{\"type\":\"WhitespaceSplit\"}",
          "{\"type\":\"BertPreTokenizer\"}",
          "{\"type\":\"UnicodeScripts\"}",
          "{\"type\":\"FixedLength\",\"length\":3}",
          "{\"type\":\"Digits\",\"individual_digits\":false}",
          "{\"type\":\"CharDelimiterSplit\",\"delimiter\":\"e\"}",
          "{\"type\":\"Punctuation\",\"behavior\":\"MergedWithNext\"}",
          "{\"type\":\"Metaspace\",\"replacement\":\"▁\",\"prepend_scheme\":\"first\",\"split\":false}",
          "{\"type\":\"Metaspace\",\"replacement\":\"e\",\"prepend_scheme\":\"always\",\"split\":true}",
          "{\"type\":\"ByteLevel\",\"add_prefix_space\":true,\"trim_offsets\":true,\"use_regex\":true}",
          "{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"trim_offsets\":false,\"use_regex\":false}",
          "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"\\\\b\"},\"behavior\":\"Contiguous\",\"invert\":true}",
          "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"\"},\"behavior\":\"MergedWithPrevious\",\"invert\":false}",
          "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"x*\"},\"behavior\":\"Removed\",\"invert\":true}",
          "{\"type\":\"Split\",\"pattern\":{\"String\":\" \"},\"behavior\":\"Isolated\",\"invert\":true}");
  private static final List<String> DECODERS =
      List.of(
          "{\"type\":\"ByteLevel\",\"add_prefix_space\":true,\"trim_offsets\":true,\"use_regex\":true}",
          "{\"type\":\"WordPiece\",\"prefix\":\"\",\"cleanup\":true}",
          "{\"type\":\"Metaspace\",\"replacement\":\"▁\",\"prepend_scheme\":\"always\",\"split\":true}",
          "{\"type\":\"BPEDecoder\",\"suffix\":\"\"}",
          "{\"type\":\"CTC\",\"pad_token\":\"\",\"word_delimiter_token\":\"\",\"cleanup\":true}",
          "{\"type\":\"ByteFallback\"}",
          "{\"type\":\"Fuse\"}",
          "{\"type\":\"Strip\",\"content\":\"e\",\"start\":9,\"stop\":0}",
          "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"\"},\"content\":\"z\"}",
          "{\"type\":\"Replace\",\"pattern\":{\"String\":\"e\"},\"content\":\"\"}");
  private static final List<String> PROCESSORS =
      List.of(
          "{\"type\":\"ByteLevel\",\"add_prefix_space\":true,\"trim_offsets\":true,\"use_regex\":true}",
          "{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"trim_offsets\":true,\"use_regex\":false}",
          "{\"type\":\"RobertaProcessing\",\"sep\":[\"b\",3],\"cls\":[\"a\",2],\"trim_offsets\":true,\"add_prefix_space\":true}",
          "{\"type\":\"BertProcessing\",\"sep\":[\"b\",3],\"cls\":[\"a\",2]}",
          "{\"type\":\"TemplateProcessing\",\"single\":[{\"Sequence\":{\"id\":\"A\",\"type_id\":1}},{\"Sequence\":{\"id\":\"A\",\"type_id\":0}}],"
              + "\"pair\":[{\"Sequence\":{\"id\":\"B\",\"type_id\":0}}],\"special_tokens\":{}}");
  private static final List<String> CONTENTS =
      List.of(
          " ", "  ", "\t", "\n", "e", "E", "the", "The", "é", "É", "e\u0301", "\u0301", "▁", "▁the",
          "a b", " x", "x ", "\u0000", "\u00ad", "\u200b", "ﬁ", "😀", "東", "[MASK]", "<s>", "Ġ",
          "xx", "##a", "\u00a0", "Ａ");

  private final RandomGenerator random;

  Recombination(RandomGenerator random) {
    this.random = random;
  }

  /** Changes some parts of a tokenizer.json; says which. */
  String apply(ObjectNode json) {
    StringBuilder did = new StringBuilder("recombined");
    if (random.nextBoolean()) {
      put(json, "normalizer", "normalizers", NORMALIZERS, did);
    }
    if (random.nextInt(3) == 0) {
      put(json, "pre_tokenizer", "pretokenizers", PRE_TOKENIZERS, did);
    }
    if (random.nextInt(3) == 0) {
      put(json, "decoder", "decoders", DECODERS, did);
    }
    if (random.nextInt(4) == 0) {
      put(json, "post_processor", "processors", PROCESSORS, did);
    }
    if (random.nextBoolean()) {
      addTokens(json, did);
    }
    return did.toString();
  }

  private void put(ObjectNode json, String key, String list, List<String> from, StringBuilder did) {
    ObjectNode sequence = json.putObject(key);
    sequence.put("type", "Sequence");
    ArrayNode members = sequence.putArray(list);
    int count = random.nextInt(4);
    did.append("; ").append(key);
    for (int i = 0; i < count; i++) {
      JsonNode member = SeedTokenizers.parse(from.get(random.nextInt(from.size())));
      members.add(member);
      String shown = member.toString();
      did.append(' ').append(shown, 0, Math.min(70, shown.length()));
    }
  }

  private void addTokens(ObjectNode json, StringBuilder did) {
    int count = 1 + random.nextInt(3);
    for (int i = 0; i < count; i++) {
      ObjectNode token = SeedTokenizers.object("{}");
      token.put("id", 40 + random.nextInt(10));
      token.put("content", CONTENTS.get(random.nextInt(CONTENTS.size())));
      for (String flag : List.of("single_word", "lstrip", "rstrip", "normalized", "special")) {
        token.put(flag, random.nextBoolean());
      }
      json.withArray("added_tokens").add(token);
      did.append("; added ").append(token);
    }
  }
}
