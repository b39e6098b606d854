package io.github.jaubert.bert.fuzz;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.TestFiles;
import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Checks refuse nothing that is well: tokenizers as published models have them are read, and give
 * the ids of Hugging Face's tokenizers 0.23.2 in Python.
 */
class SeedTokenizersTest {
  @TempDir Path folder;

  private static final String TEXT = "The foxes <e1> new token naïve!";
  private static final String FIRST = "the  quick Ａ 東京 <mask>dog.";
  private static final String SECOND = "a 😀 b";

  static Stream<Arguments> kinds() {
    return Stream.of(
        Arguments.of(
            SeedTokenizers.bert(),
            "2 5 8 9 47 46 18 17 3",
            "2 5 6 1 20 21 1 1 1 14 15 3 29 1 30 3"),
        Arguments.of(
            SeedTokenizers.parts(),
            "2 5 5 8 9 1 33 42 1 1 1 18 17 3",
            "2 5 5 6 1 1 1 1 1 14 15 3 5 29 1 30 3"),
        Arguments.of(
            SeedTokenizers.roberta(),
            "0 47 35 9 18 27 8 22 35 8 33 35 17 8 26 46 18 14 8 17 35 17 4 36 25 8 32 2",
            "0 23 47 35 35 20 24 12 6 14 35 35 42 43 44 51 7 18 10 30 2 2 4 35 38 39 40 41 35 5 2"),
        Arguments.of(
            SeedTokenizers.bpe(),
            "0 3 23 13 3 8 3 3 8 3 3 3 13 3 3 13 3 9 3 3 3 24 3 2",
            "0 21 23 13 3 3 11 3 3 3 3 3 3 3 3 3 3 9 3 3 7 3 3 2 4 3 5 2"),
        Arguments.of(
            SeedTokenizers.unigram(),
            "0 4 3 7 16 14 18 7 8 4 3 7 24 3 4 15 7 3 4 9 14 3 7 15 4 15 10 17 3 7 23 2",
            "0 5 6 4 30 4 26 27 35 28 29 21 2 4 10 4 31 32 33 34 4 11 2"),
        Arguments.of(
            SeedTokenizers.words(), "2 5 1 1 1 1 1 1 1 17 3", "2 5 6 1 1 1 1 1 14 15 3 29 1 30 3"));
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void everyKindIsReadAndGivesTheIdsOfThePythonLibrary(String json, String ids, String pairIds) {
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    try (Tokenizer tokenizer = Tokenizer.fromJson("a.json", new ByteArrayInputStream(bytes))) {
      assertArrayEquals(numbers(ids), tokenizer.encode(TEXT).ids());
      assertArrayEquals(numbers(pairIds), tokenizer.encode(FIRST, SECOND).ids());
    }
  }

  /** What is expected was seen in transformers 5.18. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'mask_token': '<mask>' | 0 5 6 35 37 4 26 36 2", // [PAD] is that of the padding
        "'pad_token': null | 0 5 6 35 36 4 26 4 3 2"
      })
  void tokensAreAddedBehindAUnigramVocabulary(String setting, String ids) {
    TestFiles.write(folder.resolve("tokenizer.json"), SeedTokenizers.unigram());
    String config =
        "{'tokenizer_class': 'PreTrainedTokenizerFast', 'additional_special_tokens': ['<new>'], %s}";
    TestFiles.write(
        folder.resolve("tokenizer_config.json"), config.formatted(setting).replace('\'', '"'));
    try (Tokenizer tokenizer = Tokenizer.fromPretrained(folder)) {
      assertArrayEquals(numbers(ids), tokenizer.encode("the quick <mask> <new>東 [PAD]").ids());
    }
  }

  /** A word that is unknown is one of the text, though its token is an added one, too. */
  @Test
  void theUnknownTokenOfAUnigramIsKnown() {
    byte[] bytes = SeedTokenizers.unigram().getBytes(StandardCharsets.UTF_8);
    try (Tokenizer all = Tokenizer.fromJson("a.json", new ByteArrayInputStream(bytes));
        Tokenizer tokenizer = all.withMaxLength(8)) {
      String eight = "a ".repeat(8);
      assertArrayEquals(
          numbers("0 5 5 2 4 10 4 2"),
          tokenizer.encode("the the the the the the Q the the", eight).ids());
      assertArrayEquals(
          numbers("0 5 5 5 2 4 10 2"),
          tokenizer.encode("the the the the the the the <unk> the the", eight).ids());
    }
  }

  // ---- saved without a tokenizer_config.json of their own ----

  private static void check(Tokenizer expected, Tokenizer actual) {
    for (String text : List.of(TEXT, FIRST, SECOND, "[PAD]x <pad>[MASK] <s>e\u0301 The [unused]")) {
      assertArrayEquals(expected.encode(text).ids(), actual.encode(text).ids(), text);
      Encoding pair = expected.encode(text, TEXT);
      assertArrayEquals(pair.ids(), actual.encode(text, TEXT).ids(), text);
      assertArrayEquals(pair.typeIds(), actual.encode(text, TEXT).typeIds(), text);
    }
  }

  private void checkSaved(Tokenizer tokenizer, String kind) {
    Path saved = folder.resolve("saved");
    tokenizer.save(saved);
    try (Tokenizer again = Tokenizer.fromPretrained(saved)) {
      check(tokenizer, again);
    }
    ObjectNode config = JsonFiles.readObject(saved.resolve("tokenizer_config.json"));
    assertEquals(kind, config.get("tokenizer_class").asText());
  }

  private static String kind(String json) {
    return json.equals(SeedTokenizers.bert()) ? "BertTokenizer" : "PreTrainedTokenizerFast";
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void whatIsSavedIsReadAsItWas(String json, String ids, String pairIds) {
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    try (Tokenizer tokenizer = Tokenizer.fromJson("a.json", new ByteArrayInputStream(bytes))) {
      checkSaved(tokenizer, kind(json));
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void soIsAFolderOfAnotherModel(String json, String ids, String pairIds) {
    TestFiles.write(folder.resolve("tokenizer.json"), json);
    TestFiles.write(folder.resolve("config.json"), "{\"model_type\": \"other\"}");
    try (Tokenizer tokenizer = Tokenizer.fromPretrained(folder)) {
      checkSaved(tokenizer, kind(json));
    }
  }

  @Test
  void soIsAWordPieceThatIsNotQuiteThatOfBert() {
    ObjectNode json = SeedTokenizers.object(SeedTokenizers.bert().replace("[CLS]", "<s>"));
    json.set("normalizer", SeedTokenizers.parse("{\"type\":\"NFC\"}"));
    byte[] bytes = JsonFiles.format(json);
    try (Tokenizer tokenizer = Tokenizer.fromJson("a.json", new ByteArrayInputStream(bytes))) {
      checkSaved(tokenizer, "PreTrainedTokenizerFast");
    }
    ObjectNode config = JsonFiles.readObject(folder.resolve("saved/tokenizer_config.json"));
    assertEquals("[SEP]", config.get("sep_token").asText());
    assertFalse(config.has("cls_token"), "BERT's [CLS] is not in the file");
  }

  private static int[] numbers(String text) {
    return Arrays.stream(text.split(" ")).mapToInt(Integer::parseInt).toArray();
  }
}
