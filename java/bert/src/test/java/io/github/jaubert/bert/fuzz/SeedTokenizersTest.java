package io.github.jaubert.bert.fuzz;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.github.jaubert.bert.tokenizer.Tokenizer;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Checks refuse nothing that is well: tokenizers as published models have them are read, and give
 * the ids of Hugging Face's tokenizers 0.23.2 in Python.
 */
class SeedTokenizersTest {
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

  private static int[] numbers(String text) {
    return Arrays.stream(text.split(" ")).mapToInt(Integer::parseInt).toArray();
  }
}
