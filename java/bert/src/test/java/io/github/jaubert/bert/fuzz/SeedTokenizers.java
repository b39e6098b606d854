package io.github.jaubert.bert.fuzz;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;

/** Small tokenizer.json files of every kind, as the models of their kind have them. */
final class SeedTokenizers {
  private static final JsonMapper MAPPER = new JsonMapper();

  private SeedTokenizers() {}

  /** vocab.txt of the BERT. */
  static final String BERT_VOCABULARY =
      ("[PAD] [UNK] [CLS] [SEP] [MASK] the quick brown fox ##es jump ##s over lazy dog . , ! naive cafe 東 京 The good "
              + "bad film was very not a b c d e ##a ##b ##c ##d ##e ##x é ##é 1 ##1 ing ##ing")
          .replace(' ', '\n');

  private static String ids(String tokens) {
    StringBuilder json = new StringBuilder("{");
    String[] all = tokens.split("[ \n]");
    for (int i = 0; i < all.length; i++) {
      json.append(i == 0 ? "" : ",").append('"').append(all[i]).append("\":").append(i);
    }
    return json.append('}').toString();
  }

  private static String added(int id, String content, String flags, boolean special) {
    StringBuilder json = new StringBuilder("{\"id\":" + id + ",\"content\":\"" + content + "\"");
    for (String flag : List.of("single_word", "lstrip", "rstrip", "normalized")) {
      json.append(",\"").append(flag).append("\":").append(flags.contains(flag));
    }
    return json.append(",\"special\":").append(special).append('}').toString();
  }

  private static String template(String cls, int clsId, String sep, int sepId) {
    String first =
        "{\"SpecialToken\":{\"id\":\"CLS\",\"type_id\":0}},{\"Sequence\":{\"id\":\"A\",\"type_id\":0}},"
            + "{\"SpecialToken\":{\"id\":\"SEP\",\"type_id\":0}}";
    return ("{\"type\":\"TemplateProcessing\",\"single\":["
            + first
            + "],\"pair\":["
            + first
            + ",{\"Sequence\":{\"id\":\"B\",\"type_id\":1}},{\"SpecialToken\":{\"id\":\"SEP\",\"type_id\":1}}],"
            + "\"special_tokens\":{\"CLS\":{\"id\":\"CLS\",\"ids\":["
            + clsId
            + "],\"tokens\":[\"CLS\"]},\"SEP\":{\"id\":\"SEP\",\"ids\":["
            + sepId
            + "],\"tokens\":[\"SEP\"]}}}")
        .replace("CLS", cls)
        .replace("SEP", sep);
  }

  private static String file(
      String added,
      String normalizer,
      String preTokenizer,
      String processor,
      String decoder,
      String model) {
    return "{\"version\":\"1.0\",\"truncation\":{\"direction\":\"Right\",\"max_length\":128,\"strategy\":\"LongestFirst\",\"stride\":0},"
        + "\"padding\":{\"strategy\":{\"Fixed\":16},\"direction\":\"Right\",\"pad_to_multiple_of\":8,\"pad_id\":0,\"pad_type_id\":0,\"pad_token\":\"[PAD]\"},"
        + "\"added_tokens\":["
        + added
        + "],\"normalizer\":"
        + normalizer
        + ",\"pre_tokenizer\":"
        + preTokenizer
        + ",\"post_processor\":"
        + processor
        + ",\"decoder\":"
        + decoder
        + ",\"model\":"
        + model
        + "}";
  }

  /** As bert-base-uncased has it. */
  static String bert() {
    return file(
        String.join(
            ",",
            added(0, "[PAD]", "", true),
            added(1, "[UNK]", "", true),
            added(2, "[CLS]", "", true),
            added(3, "[SEP]", "", true),
            added(4, "[MASK]", "lstrip", true),
            added(46, "new token", "normalized rstrip", false),
            added(47, "<e1>", "single_word", false)),
        "{\"type\":\"BertNormalizer\",\"clean_text\":true,\"handle_chinese_chars\":true,\"strip_accents\":null,\"lowercase\":true}",
        "{\"type\":\"BertPreTokenizer\"}",
        template("[CLS]", 2, "[SEP]", 3),
        "{\"type\":\"WordPiece\",\"prefix\":\"##\",\"cleanup\":true}",
        "{\"type\":\"WordPiece\",\"unk_token\":\"[UNK]\",\"continuing_subword_prefix\":\"##\",\"max_input_chars_per_word\":100,\"vocab\":"
            + ids(BERT_VOCABULARY)
            + "}");
  }

  /** Of parts that other WordPiece models use. */
  static String parts() {
    return file(
        String.join(",", added(2, "[CLS]", "", true), added(3, "[SEP]", "", true)),
        "{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"NFD\"},{\"type\":\"Strip\",\"strip_left\":true,\"strip_right\":true},"
            + "{\"type\":\"Lowercase\"},{\"type\":\"StripAccents\"},{\"type\":\"Nmt\"},{\"type\":\"Prepend\",\"prepend\":\"the \"},"
            + "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\" {2,}\"},\"content\":\" \"},{\"type\":\"Replace\",\"pattern\":{\"String\":\"``\"},\"content\":\"a\"}]}",
        "{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Whitespace\"},{\"type\":\"Punctuation\",\"behavior\":\"Isolated\"},"
            + "{\"type\":\"Digits\",\"individual_digits\":true},{\"type\":\"Split\",\"pattern\":{\"Regex\":\"[0-9]+|\\\\s+(?!\\\\S)\"},\"behavior\":\"MergedWithPrevious\",\"invert\":false},"
            + "{\"type\":\"UnicodeScripts\"},{\"type\":\"WhitespaceSplit\"},{\"type\":\"CharDelimiterSplit\",\"delimiter\":\"-\"}]}",
        "{\"type\":\"BertProcessing\",\"sep\":[\"[SEP]\",3],\"cls\":[\"[CLS]\",2]}",
        "{\"type\":\"Sequence\",\"decoders\":[{\"type\":\"Replace\",\"pattern\":{\"String\":\"#\"},\"content\":\"\"},{\"type\":\"Fuse\"},"
            + "{\"type\":\"Strip\",\"content\":\" \",\"start\":1,\"stop\":0},{\"type\":\"ByteFallback\"},{\"type\":\"CTC\",\"pad_token\":\"[PAD]\",\"word_delimiter_token\":\"|\",\"cleanup\":true}]}",
        "{\"type\":\"WordPiece\",\"unk_token\":\"[UNK]\",\"continuing_subword_prefix\":\"##\",\"max_input_chars_per_word\":20,\"vocab\":"
            + ids(BERT_VOCABULARY)
            + "}");
  }

  private static final String BYTES =
      "<s> <pad> </s> <unk> a b c d e f g h i j k l m n o p q r s t u v w x y z . , ! 1 2 Ġ Ã © ð Ł ĺ Ģ æ Ŀ ± Ċ Ġt he Ġthe in ing <mask>";

  /** As roberta-base has it: BPE of bytes. */
  static String roberta() {
    return file(
            String.join(
                ",",
                added(0, "<s>", "normalized", true),
                added(1, "<pad>", "normalized", true),
                added(2, "</s>", "normalized", true),
                added(3, "<unk>", "normalized", true),
                added(51, "<mask>", "lstrip", true)),
            "null",
            "{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"trim_offsets\":true,\"use_regex\":true}",
            "{\"type\":\"RobertaProcessing\",\"sep\":[\"</s>\",2],\"cls\":[\"<s>\",0],\"trim_offsets\":true,\"add_prefix_space\":false}",
            "{\"type\":\"ByteLevel\",\"add_prefix_space\":true,\"trim_offsets\":true,\"use_regex\":true}",
            "{\"type\":\"BPE\",\"dropout\":null,\"unk_token\":null,\"continuing_subword_prefix\":\"\",\"end_of_word_suffix\":\"\",\"fuse_unk\":false,"
                + "\"byte_fallback\":false,\"ignore_merges\":false,\"vocab\":"
                + ids(BYTES)
                + ",\"merges\":[\"Ġ t\",\"h e\",\"Ġt he\",[\"i\",\"n\"],[\"in\",\"g\"]]}")
        .replace("[\"i\",\"n\"],[\"in\",\"g\"]", "\"i n\",\"in g\"");
  }

  /** BPE of characters, split by a pattern as newer models do, with bytes for the rest. */
  static String bpe() {
    return file(
        String.join(
            ",",
            added(0, "<s>", "", true),
            added(2, "</s>", "", true),
            added(3, "<unk>", "", true)),
        "{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"NFC\"},{\"type\":\"ByteLevel\"}]}",
        "{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Split\",\"pattern\":{\"Regex\":\"'s|'t| ?\\\\p{L}+| ?\\\\p{N}+| ?[^\\\\s\\\\p{L}\\\\p{N}]+|\\\\s+(?!\\\\S)|\\\\s+\"},"
            + "\"behavior\":\"Removed\",\"invert\":true},{\"type\":\"FixedLength\",\"length\":7}]}",
        "{\"type\":\"Sequence\",\"processors\":[{\"type\":\"ByteLevel\",\"add_prefix_space\":true,\"trim_offsets\":false,\"use_regex\":true},"
            + template("<s>", 0, "</s>", 2)
            + "]}",
        "{\"type\":\"BPEDecoder\",\"suffix\":\"</w>\"}",
        "{\"type\":\"BPE\",\"dropout\":0.0,\"unk_token\":\"<unk>\",\"continuing_subword_prefix\":\"#\",\"end_of_word_suffix\":\"</w>\",\"fuse_unk\":true,"
            + "\"byte_fallback\":true,\"ignore_merges\":true,\"vocab\":"
            + ids(
                "<s> <pad> </s> <unk> a b c d e #a #b #c #d #e a</w> b</w> #a</w> #b</w> ab ab</w> #de t h #h #e</w> #he</w> the</w> <0xC3> <0xA9> <0xF0> <0x9F> <0x98> <0x80>")
            + ",\"merges\":[[\"a\",\"#b\"],[\"a\",\"#b</w>\"],[\"#d\",\"#e\"],[\"#h\",\"#e</w>\"],[\"t\",\"#he</w>\"]]}");
  }

  /** As xlm-roberta-base has it: pieces with scores, and SentencePiece's table of characters. */
  static String unigram() {
    String pieces =
        "▁ ▁the ▁quick e s t a b c d o n ▁f i x ing ▁a . , ! 1 é 東 京 ▁do g <0x41> <0xF0> <0x9F> <0x98> <0x80>";
    StringBuilder vocab =
        new StringBuilder("[[\"<s>\",0.0],[\"<pad>\",0.0],[\"</s>\",0.0],[\"<unk>\",0.0]");
    double score = -2;
    for (String piece : pieces.split(" ")) {
      vocab.append(",[\"").append(piece).append("\",").append(score -= 0.25).append(']');
    }
    vocab.append(",[\"<mask>\",0.0]]");
    int mask = 4 + pieces.split(" ").length;
    return file(
        String.join(
            ",",
            added(0, "<s>", "", true),
            added(1, "<pad>", "", true),
            added(2, "</s>", "", true),
            added(3, "<unk>", "", true),
            added(mask, "<mask>", "lstrip", true)),
        "{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"Precompiled\",\"precompiled_charsmap\":\""
            + charsmap()
            + "\"},{\"type\":\"Replace\",\"pattern\":{\"Regex\":\" {2,}\"},\"content\":\"▁\"},{\"type\":\"NFKC\"},{\"type\":\"NFKD\"}]}",
        "{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"WhitespaceSplit\"},{\"type\":\"Metaspace\",\"replacement\":\"▁\",\"prepend_scheme\":\"always\",\"split\":true}]}",
        template("<s>", 0, "</s>", 2),
        "{\"type\":\"Metaspace\",\"replacement\":\"▁\",\"prepend_scheme\":\"always\",\"split\":true}",
        "{\"type\":\"Unigram\",\"unk_id\":3,\"vocab\":" + vocab + ",\"byte_fallback\":true}");
  }

  /** Whole words. */
  static String words() {
    return file(
        String.join(",", added(2, "[CLS]", "", true), added(3, "[SEP]", "", true)),
        "{\"type\":\"Lowercase\"}",
        "{\"type\":\"Whitespace\"}",
        template("[CLS]", 2, "[SEP]", 3),
        "null",
        "{\"type\":\"WordLevel\",\"unk_token\":\"[UNK]\",\"vocab\":" + ids(BERT_VOCABULARY) + "}");
  }

  /**
   * SentencePiece's table of characters with one entry, a wide A that becomes A: the length of a
   * double-array trie, the trie (Aoe 1989, as Darts-clone packs it), and the texts.
   */
  static String charsmap() {
    int[] trie = new int[1280];
    trie[0] = 256 << 10;
    int at = 256 ^ 0xEF;
    trie[at] = (at ^ 512) << 10 | 0xEF;
    at = 512 ^ 0xBC;
    trie[at] = (at ^ 768) << 10 | 0xBC;
    at = 768 ^ 0xA1;
    trie[at] = (at ^ 1024) << 10 | 1 << 8 | 0xA1;
    trie[1024] = 1 << 31; // the first text
    return charsmap(trie, "A\0");
  }

  static String charsmap(int[] trie, String texts) {
    byte[] utf8 = texts.getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes =
        ByteBuffer.allocate(4 + 4 * trie.length + utf8.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(4 * trie.length);
    for (int unit : trie) {
      bytes.putInt(unit);
    }
    return Base64.getEncoder().encodeToString(bytes.put(utf8).array());
  }

  private static int[] noise(int size, int multiplier) {
    int[] trie = new int[size];
    for (int i = 0; i < size; i++) {
      trie[i] = i * multiplier;
    }
    return trie;
  }

  /** Parts that are odd, or fit where they do not belong. */
  static List<JsonNode> oddParts() {
    return Stream.of(
            "{\"type\":\"Precompiled\",\"precompiled_charsmap\":\""
                + charsmap(noise(256, 0x01234567), "A\0é")
                + "\"}",
            "{\"type\":\"Precompiled\",\"precompiled_charsmap\":\""
                + charsmap(noise(512, 0x7654321), "")
                + "\"}",
            "{\"type\":\"Precompiled\",\"precompiled_charsmap\":\""
                + charsmap(new int[0], "")
                + "\"}",
            "{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"/////w==\"}",
            "{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"AAAA\"}",
            "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"(a*)*b\"},\"content\":\"\"}",
            "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"(x+x+)+y\"},\"content\":\"z\"}",
            "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"\"},\"content\":\"z\"}",
            "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"a|\"},\"content\":\"zzzzzzzz\"}",
            "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"(?=x)\"},\"content\":\"\"}",
            "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"(\\\\w+)\\\\1\"},\"content\":\"\"}",
            "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"a{1000}{1000}\"},\"content\":\"\"}",
            "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"((a{999}){999}){999}\"},\"content\":\"\"}",
            "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"\\\\Z\"},\"content\":\"\"}",
            "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\".*.*.*.*.*=\"},\"content\":\"\"}",
            "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"(?<x>a)\\\\g<x>\\\\g<x>*\"},\"content\":\"\"}",
            "{\"type\":\"Replace\",\"pattern\":{\"String\":\"\"},\"content\":\"a\"}",
            "{\"type\":\"Replace\",\"pattern\":{\"String\":\"e\"},\"content\":\"\"}",
            "{\"type\":\"Replace\",\"pattern\":{\"String\":\" \"},\"content\":\""
                + "long ".repeat(2000)
                + "\"}",
            "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(\\\\w|\\\\w\\\\w)*\\\\z.\"},\"behavior\":\"Removed\",\"invert\":true}",
            "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(.*?,){25}P\"},\"behavior\":\"Isolated\",\"invert\":false}",
            "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"\"},\"behavior\":\"Contiguous\",\"invert\":true}",
            "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"\\\\b\"},\"behavior\":\"MergedWithNext\",\"invert\":false}",
            "{\"type\":\"Split\",\"pattern\":{\"String\":\"\"},\"behavior\":\"Isolated\",\"invert\":false}",
            "{\"type\":\"Split\",\"pattern\":{\"String\":\"é\"},\"behavior\":\"Removed\",\"invert\":true}",
            "{\"type\":\"FixedLength\",\"length\":0}",
            "{\"type\":\"FixedLength\",\"length\":1}",
            "{\"type\":\"Metaspace\",\"replacement\":\"é\",\"prepend_scheme\":\"first\",\"split\":false}",
            "{\"type\":\"Metaspace\",\"replacement\":\"▁\",\"add_prefix_space\":true,\"str_rep\":\"\"}",
            "{\"type\":\"CharDelimiterSplit\",\"delimiter\":\"é\"}",
            "{\"type\":\"Prepend\",\"prepend\":\"\"}",
            "{\"type\":\"Prepend\",\"prepend\":\"" + "p".repeat(100_000) + "\"}",
            "{\"type\":\"Sequence\",\"normalizers\":[]}",
            "{\"type\":\"Sequence\",\"pretokenizers\":[]}",
            "{\"type\":\"Sequence\",\"processors\":[]}",
            "{\"type\":\"Sequence\",\"decoders\":[]}",
            "{\"type\":\"ByteLevel\",\"add_prefix_space\":true,\"trim_offsets\":true,\"use_regex\":false}",
            "{\"type\":\"TemplateProcessing\",\"single\":[],\"pair\":[],\"special_tokens\":{}}",
            "{\"type\":\"TemplateProcessing\",\"single\":\"$A\",\"pair\":\"$A $B:1\",\"special_tokens\":{}}",
            "{\"type\":\"TemplateProcessing\",\"single\":[{\"Sequence\":{\"id\":\"A\",\"type_id\":5}},{\"Sequence\":{\"id\":\"A\",\"type_id\":4294967295}}],\"pair\":[{\"Sequence\":{\"id\":\"B\",\"type_id\":0}}],\"special_tokens\":{}}",
            "{\"type\":\"TemplateProcessing\",\"single\":\"[CLS] $0 [SEP]\",\"pair\":\"$1 [XXX]\",\"special_tokens\":[{\"id\":\"[CLS]\",\"ids\":[2],\"tokens\":[\"[CLS]\"]}]}",
            "{\"type\":\"RobertaProcessing\",\"sep\":[\"nowhere\",5000000],\"cls\":[\"\",1],\"trim_offsets\":true,\"add_prefix_space\":true}",
            "{\"type\":\"BertProcessing\",\"sep\":[\"[SEP]\",-1],\"cls\":[\"[CLS]\",2]}",
            "{\"direction\":\"Left\",\"max_length\":2,\"strategy\":\"OnlySecond\",\"stride\":5}",
            "{\"direction\":\"Right\",\"max_length\":0,\"strategy\":\"LongestFirst\",\"stride\":0}",
            "{\"strategy\":{\"Fixed\":1099511627776},\"direction\":\"Left\",\"pad_to_multiple_of\":1099511627776,\"pad_id\":4000000000,\"pad_type_id\":9,\"pad_token\":\"\"}",
            "{\"strategy\":\"BatchLongest\",\"direction\":\"Right\",\"pad_to_multiple_of\":0,\"pad_id\":0,\"pad_type_id\":0,\"pad_token\":\"x\"}",
            "{\"id\":46,\"content\":\" \",\"single_word\":true,\"lstrip\":true,\"rstrip\":true,\"normalized\":true,\"special\":true}",
            "{\"id\":47,\"content\":\"e\",\"single_word\":false,\"lstrip\":true,\"rstrip\":true,\"normalized\":false,\"special\":false}",
            "{\"id\":5,\"content\":\"É\",\"single_word\":true,\"lstrip\":false,\"rstrip\":true,\"normalized\":true,\"special\":false}",
            "{\"id\":5,\"content\":\"\\u0000\",\"single_word\":false,\"lstrip\":false,\"rstrip\":false,\"normalized\":true,\"special\":false}",
            "{\"id\":48,\"content\":\"\\u0301\",\"single_word\":false,\"lstrip\":true,\"rstrip\":false,\"normalized\":true,\"special\":true}",
            "{\"id\":2,\"content\":\"the\",\"single_word\":false,\"lstrip\":false,\"rstrip\":false,\"normalized\":true,\"special\":true}",
            "{\"type\":\"WordLevel\",\"unk_token\":\"gone\",\"vocab\":{\"a\":0}}",
            "{\"type\":\"WordPiece\",\"unk_token\":\"\",\"continuing_subword_prefix\":\"\",\"max_input_chars_per_word\":0,\"vocab\":{\"\":0,\"a\":1}}",
            "{\"type\":\"Unigram\",\"unk_id\":null,\"vocab\":[[\"a\",-1.0]],\"byte_fallback\":false}",
            "{\"type\":\"Unigram\",\"unk_id\":0,\"vocab\":[[\"\",-1.0],[\"a\",0]],\"byte_fallback\":true}",
            "{\"type\":\"Unigram\",\"unk_id\":0,\"vocab\":[[\"a\",1e308],[\"b\",-1e308],[\"a\",5]]}",
            "{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"b\":1},\"merges\":[\"a b\"]}",
            "{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"b\":1,\"ab\":2},\"merges\":[[\"a\",\"b\"],[\"a\",\"b\"]],\"continuing_subword_prefix\":\"éé\"}",
            "{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"é\":1,\"a\":2},\"merges\":[[\"a\",\"é\"]],\"continuing_subword_prefix\":\"a\"}")
        .map(SeedTokenizers::parse)
        .toList();
  }

  static JsonNode parse(String json) {
    try {
      return MAPPER.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(json, e);
    }
  }

  static ObjectNode object(String json) {
    return (ObjectNode) parse(json);
  }
}
