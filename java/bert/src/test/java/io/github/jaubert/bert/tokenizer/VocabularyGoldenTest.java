package io.github.jaubert.bert.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Vocabularies against those that Hugging Face's tokenizers learn. Of the file,
 * src/test/python/golden_vocabularies.py says more; another one is checked by {@code
 * -Djaubert.vocabularies=FILE}.
 */
class VocabularyGoldenTest {
  private static ObjectNode table() throws IOException {
    String file = System.getProperty("jaubert.vocabularies");
    if (file != null) {
      return JsonFiles.readObject(Path.of(file));
    }
    String golden = "/golden/vocabularies.json";
    try (InputStream stream = VocabularyGoldenTest.class.getResourceAsStream(golden)) {
      return JsonFiles.parseObject(golden, stream.readAllBytes());
    }
  }

  @TestFactory
  List<DynamicTest> vocabulariesAreThoseOfHuggingFace() throws IOException {
    ObjectNode table = table();
    List<DynamicTest> tests = new ArrayList<>();
    for (JsonNode golden : table.get("cases")) {
      String name = golden.get("name").asText();
      Iterable<String> texts =
          golden.has("files")
              ? () -> strings(golden.get("files")).stream().flatMap(this::lines).iterator()
              : strings(table.get("corpora").get(golden.get("corpus").asText()));
      tests.add(DynamicTest.dynamicTest(name, () -> check(golden, texts)));
    }
    return tests;
  }

  private Stream<String> lines(String file) {
    try {
      InputStream stream = Files.newInputStream(Path.of(file));
      stream = file.endsWith(".gz") ? new GZIPInputStream(stream, 1 << 16) : stream;
      return new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8)).lines();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void check(JsonNode golden, Iterable<String> texts) {
    try (Tokenizer tokenizer = train(golden, texts)) {
      String[] tokens = new String[tokenizer.vocabularySize()];
      Arrays.setAll(tokens, tokenizer::token);
      assertEquals(
          String.join("\n", strings(golden.get("tokens"))), String.join("\n", tokens), "tokens");
      if (golden.has("merges")) {
        ObjectNode json =
            JsonFiles.parseObject("json", tokenizer.files().files().get("tokenizer.json"));
        assertEquals(golden.get("merges"), json.path("model").path("merges"));
      }
    }
  }

  private static Tokenizer train(JsonNode golden, Iterable<String> texts) {
    int size = golden.get("size").asInt();
    int minFrequency = golden.get("min_frequency").asInt();
    if (golden.get("kind").asText().equals("ByteLevel")) {
      return ByteLevelBpeTrainer.of(size).minFrequency(minFrequency).train(texts);
    }
    WordPieceTrainer trainer =
        WordPieceTrainer.of(size)
            .lowercase(golden.get("lowercase").asBoolean())
            .splitChinese(golden.get("chinese").asBoolean())
            .minFrequency(minFrequency)
            .limitAlphabet(golden.get("limit_alphabet").asInt())
            .initialAlphabet(golden.get("initial_alphabet").asText());
    if (!golden.get("strip_accents").isNull()) {
      trainer = trainer.stripAccents(golden.get("strip_accents").asBoolean());
    }
    return trainer.train(texts);
  }

  private static List<String> strings(JsonNode array) {
    List<String> strings = new ArrayList<>();
    array.forEach(one -> strings.add(one.asText()));
    return strings;
  }
}
