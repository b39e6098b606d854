package io.github.jaubert.bert.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.fixture.Seeds;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Of long texts no more is read than it takes, and the tokens are those of the whole. */
class LongTextsTest {
  private static final List<String> WORDS =
      List.of(
          "the",
          "The",
          "dog",
          "lazy",
          "foxes",
          "jumps",
          "naïve",
          "nai\u0308ve",
          "東京",
          "京",
          "a",
          "b",
          "film.",
          "was,not",
          "very!!",
          "😀",
          "😀😀😀",
          "xyz",
          "[MASK]",
          "[SEP]",
          "new york",
          "New",
          "York",
          "NEW\u200bYORK",
          "<e>",
          "<e",
          "e>",
          "\u200b",
          "\u0000",
          "\uFFFD",
          "...",
          "a_b",
          "_",
          "word",
          "кот",
          "ねこ",
          "고양이",
          "!",
          "[",
          "]",
          "\u0301",
          "é",
          "İ",
          "K",
          "don't",
          "(a)",
          "(中)",
          "中国",
          "中",
          "国");
  private static final List<String> BLANKS =
      List.of(" ", " ", " ", " ", "", "", "\n", "\t", "  ", "\r\n", "\u00a0", "\u3000", "\u2028");
  private static final List<String> RUNS =
      List.of("x", "é", " ", "\n", "\u200b", "\u0301", "!", "中", "😀", "the", "0", "あ", "高");

  /** A hundredth of what the whole text would take, many times what it takes. */
  private static final Duration LIMIT = Duration.ofSeconds(10);

  /** A tokenizer.json of the small vocabulary, with added tokens that are easy to cut through. */
  static ObjectNode json(String kind) {
    ObjectNode json = SmallVocabulary.json("##x", "中", "国", "高", "!", "_", "(", ")", "кот", "あ");
    ArrayNode added = json.withArray("added_tokens");
    switch (kind) {
      case "plain" -> {}
      case "cased" -> {
        ((ObjectNode) json.get("normalizer")).put("lowercase", false);
        ((ObjectNode) json.get("normalizer")).put("handle_chinese_chars", false);
      }
      case "blanks" -> {
        add(added, "new york", true, false);
        add(added, " \u4e2d", false, false);
      }
      case "stripping" -> {
        add(added, "<e>", false, true);
        add(added, "dog", false, true);
        add(added, "中国", true, false);
      }
      case "runs" -> {
        add(added, "xx", true, false);
        add(added, "\n\n", false, false);
        add(added, "\u200b\u200b", false, false);
      }
      case "byteLevel" -> byteLevel(json, added);
      default -> throw new IllegalArgumentException(kind);
    }
    return json;
  }

  private static void add(ArrayNode added, String content, boolean normalized, boolean strip) {
    ObjectNode token = (ObjectNode) added.get(0).deepCopy();
    token.put("id", 47 + added.size() - 5);
    token.put("content", content).put("normalized", normalized).put("special", !normalized);
    token.put("lstrip", strip).put("rstrip", strip).put("single_word", strip);
    added.add(token);
  }

  /** As GPT-2 and RoBERTa have it; every byte is a token. */
  private static void byteLevel(ObjectNode json, ArrayNode added) {
    json.putNull("normalizer");
    json.putObject("pre_tokenizer").put("type", "ByteLevel").put("add_prefix_space", true);
    ((ObjectNode) json.get("pre_tokenizer")).put("trim_offsets", true).put("use_regex", true);
    ObjectNode model = json.putObject("model");
    model.put("type", "BPE");
    ObjectNode vocabulary = model.putObject("vocab");
    for (String token : List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")) {
      vocabulary.put(token, vocabulary.size());
    }
    for (int b = 0, moved = 256; b < 256; b++) {
      boolean shown = b > ' ' && b < 0x7F || b > 0xA0 && b != 0xAD;
      vocabulary.put(Character.toString(shown ? b : moved++), vocabulary.size());
    }
    vocabulary.put("th", vocabulary.size());
    vocabulary.put("Ġa", vocabulary.size());
    model.putArray("merges").add("t h").add("Ġ a");
    add(added, "<e>", false, true);
    ((ObjectNode) added.get(5)).put("id", vocabulary.size());
  }

  private static String text(Random random, int parts, int longestRun) {
    StringBuilder text = new StringBuilder();
    boolean runs = random.nextInt(3) == 0;
    int known = random.nextInt(4) == 0 ? 8 : WORDS.size();
    for (int i = 0; i < parts; i++) {
      if (runs && random.nextInt(6) == 0) {
        text.append(RUNS.get(random.nextInt(RUNS.size())).repeat(random.nextInt(longestRun)));
      }
      text.append(WORDS.get(random.nextInt(known)));
      text.append(BLANKS.get(random.nextInt(random.nextInt(8) == 0 ? BLANKS.size() : 4)));
    }
    return text.toString();
  }

  @ParameterizedTest
  @ValueSource(strings = {"plain", "cased", "blanks", "stripping", "runs", "byteLevel"})
  void tokensAreThoseOfTheWholeText(String kind) {
    Random random = new Random(7);
    for (String side : List.of("Right", "Left")) {
      ObjectNode json = json(kind);
      json.putObject("truncation").put("direction", side).put("max_length", 9);
      ((ObjectNode) json.get("truncation")).put("strategy", "LongestFirst").put("stride", 0);
      byte[] bytes = JsonFiles.format(json);
      for (int length : new int[] {8, 9}) {
        try (Tokenizer all = Tokenizer.fromJson("tokenizer.json", new ByteArrayInputStream(bytes));
            Tokenizer tokenizer = all.withMaxLength(length);
            Tokenizer whole = tokenizer.readingWhole()) {
          for (int i = 0; i < 15; i++) {
            String text = text(random, 1 + random.nextInt(60), 500);
            String name = kind + " " + side + " " + length + ": " + text;
            check(name, whole.encode(text), tokenizer.encode(text));
            if (kind.equals("byteLevel")) {
              continue; // the native library's cost of a pair grows with the product of the lengths
            }
            String first = text(random, 1 + random.nextInt(50), 25);
            String pair = text(random, 1 + random.nextInt(50), 25);
            name = kind + " " + side + " " + length + ": " + first + "\n and " + pair;
            check(name, whole.encode(first, pair), tokenizer.encode(first, pair));
          }
        }
      }
    }
  }

  /** Looked up word by word, and put together from the parts of at most so many tokens. */
  @ParameterizedTest
  @ValueSource(strings = {"plain", "cased", "blanks", "stripping", "runs", "byteLevel"})
  void plainIdsAreAllThoseOfTheTextWithoutSpecialOnes(String kind) {
    long seed = Seeds.SEED;
    Random random = new Random(seed);
    for (String side : List.of("Right", "Left")) {
      ObjectNode json = json(kind);
      json.putObject("truncation").put("direction", side).put("max_length", 9);
      ((ObjectNode) json.get("truncation")).put("strategy", "LongestFirst").put("stride", 0);
      byte[] bytes = JsonFiles.format(json);
      try (Tokenizer all = Tokenizer.fromJson("tokenizer.json", new ByteArrayInputStream(bytes));
          Tokenizer longest = all.withMaxLength(1_000_000);
          Tokenizer shortest = all.withMaxLength(9);
          Tokenizer whole = shortest.readingWhole()) {
        for (int i = 0; i < 60; i++) {
          String text = text(random, random.nextInt(60), 300);
          int[] framed = longest.encode(text).ids();
          int[] expected = Arrays.copyOfRange(framed, 1, framed.length - 1);
          String name = "seed " + seed + ", " + kind + " " + side + ": " + text;
          assertArrayEquals(expected, shortest.plainIds(text), name);
          assertArrayEquals(expected, whole.plainIds(text), name);
        }
      }
    }
  }

  private static void check(String name, Encoding expected, Encoding actual) {
    assertArrayEquals(expected.ids(), actual.ids(), name);
    assertArrayEquals(expected.typeIds(), actual.typeIds(), name);
    assertArrayEquals(expected.offsets(), actual.offsets(), name);
  }

  /** What the kinds of characters promise, by the native library. */
  @ParameterizedTest
  @ValueSource(strings = {"plain", "cased"})
  void charactersAreWhatTheyAreTakenFor(String kind) {
    ObjectNode json = json(kind);
    TextCuts cuts = TextCuts.of(json);
    try (Tokenizer tokenizer =
        Tokenizer.fromJson("x.json", new ByteArrayInputStream(JsonFiles.format(json)))) {
      int[] seen = new int[4];
      for (int c = 0; c < 0x20000; c += c < 0x600 ? 1 : 41) {
        String s = Character.toString(c);
        seen[cuts.kind(c).ordinal()]++;
        switch (cuts.kind(c)) {
          case WORD -> {
            String word = "a" + s.repeat(100) + "a";
            assertEquals("[[CLS], [UNK], [SEP]]", tokenizer.encode(word).toString(), "" + c);
            assertEquals(102, word.codePointCount(0, word.length()));
          }
          case BLANK ->
              assertEquals("[[CLS], a, a, [SEP]]", tokenizer.encode("a" + s + "a").toString());
          case NOTHING ->
              assertEquals("[[CLS], fox, [SEP]]", tokenizer.encode("f" + s + "ox" + s).toString());
          case OTHER -> {}
        }
      }
      assertTrue(seen[0] > 500 && seen[1] >= 5 && seen[2] > 50, seen[0] + " " + seen[2]);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "word \uD83D\uDE00 and ",
        "x",
        "e\u0301\u0301\u0301\u0301\u0301",
        "\u0301",
        " ",
        "\u200b",
        "東京",
        "aGVsbG8gd29ybGQ+",
        "{\"a\":1,",
        "😀",
        "слово",
        "word\n",
        "a",
        "!"
      })
  void costsWhatTheKeptTokensCost(String part) {
    byte[] bytes = JsonFiles.format(json("plain"));
    String text = "the dog " + part.repeat(2_000_000 / part.length()) + " the fox";
    for (String side : List.of("Right", "Left")) {
      byte[] sided = sided(bytes, side);
      try (Tokenizer tokenizer =
          Tokenizer.fromJson("tokenizer.json", new ByteArrayInputStream(sided))) {
        Encoding encoding = assertTimeoutPreemptively(LIMIT, () -> tokenizer.encode(text));
        assertTrue(encoding.length() <= 512);
        assertTimeoutPreemptively(LIMIT, () -> tokenizer.encode("fox", text));
        assertTimeoutPreemptively(LIMIT, () -> tokenizer.encode(text, "fox"));
      }
    }
  }

  /** Positions of tokens behind characters of two UTF-16 units are found without counting anew. */
  @ParameterizedTest
  @ValueSource(strings = {"the dog ", "😀 fox "})
  void aLimitBeyondTheTextReadsAllOfIt(String part) {
    byte[] bytes = JsonFiles.format(json("plain"));
    String text = part.repeat(40_000);
    try (Tokenizer small = Tokenizer.fromJson("x.json", new ByteArrayInputStream(bytes));
        Tokenizer tokenizer = small.withMaxLength(Integer.MAX_VALUE)) {
      Encoding encoding = assertTimeoutPreemptively(LIMIT, () -> tokenizer.encode(text));
      assertEquals(80_002, encoding.length());
      int[] last = encoding.offsets()[80_000];
      assertEquals(part.strip().split(" ")[1], text.substring(last[0], last[1]));
      assertEquals(text.length() - 1, last[1]);
    }
  }

  private static byte[] sided(byte[] json, String side) {
    return new String(json, StandardCharsets.UTF_8)
        .replace(
            "\"truncation\": null",
            "\"truncation\": {\"direction\": \""
                + side
                + "\", \"max_length\": 9, \"strategy\": \"LongestFirst\", \"stride\": 0}")
        .getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void theUnknownTokenCoversAllOfAShortenedWord() {
    try (Tokenizer tokenizer =
        Tokenizer.fromJson("x.json", new ByteArrayInputStream(JsonFiles.format(json("plain"))))) {
      String text = "the " + "x".repeat(100_000) + " dog";
      Encoding encoding = tokenizer.encode(text);
      assertEquals("[[CLS], the, [UNK], dog, [SEP]]", encoding.toString());
      assertArrayEquals(new int[] {4, 100_004}, encoding.offsets()[2]);
      assertArrayEquals(new int[] {100_005, 100_008}, encoding.offsets()[3]);
    }
  }

  /** Where both are cut and one token is over, the longer text gets it, as far as it is read. */
  @Test
  void ofTwoLongTextsTheLongerIsKnown() {
    try (Tokenizer tokenizer =
        Tokenizer.fromJson("x.json", new ByteArrayInputStream(JsonFiles.format(json("plain"))))) {
      String text = "the dog ".repeat(100_000);
      assertEquals(254, kept(tokenizer.encode(text + "a", text)), "both are read up to 512");
      assertEquals(254, kept(tokenizer.encode(text, text + "a")));
      String pieces = "the foxes ".repeat(100_000); // 512 is amid a word
      assertEquals(255, kept(tokenizer.encode(pieces, text)));
      assertEquals(254, kept(tokenizer.encode(text, pieces)));
      assertEquals(255, kept(tokenizer.encode("the dog ".repeat(200), "the dog ".repeat(150))));
      assertEquals(254, kept(tokenizer.encode("the dog ".repeat(150), "the dog ".repeat(200))));
    }
  }

  private static int kept(Encoding encoding) {
    int[] types = encoding.typeIds();
    int first = 0;
    while (types[first] == 0) {
      first++;
    }
    return first - 2; // [CLS] and [SEP]
  }
}
