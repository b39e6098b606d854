package io.github.jaubert.bert.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.TestFiles;
import io.github.jaubert.tensor.Memory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Against transformers' pipeline, of which src/test/python/golden_token_classifier.py wrote down
 * what it finds.
 */
class TokenClassificationTest {
  private static final Path GOLDEN = TestFiles.golden().resolveSibling("token-classifier");
  private static final JsonNode EXPECTED = JsonFiles.readObject(GOLDEN.resolve("pipeline.json"));

  private static List<String> texts() {
    List<String> texts = new ArrayList<>();
    EXPECTED.get("texts").forEach(text -> texts.add(text.asText()));
    return texts;
  }

  private static void assertEntities(JsonNode expected, List<Entity> entities, String text) {
    assertEquals(expected.size(), entities.size(), text + ": " + entities);
    for (int i = 0; i < entities.size(); i++) {
      JsonNode golden = expected.get(i);
      Entity entity = entities.get(i);
      String where = text + ": " + entity + ", " + golden;
      assertEquals(golden.get(0).asText(), entity.label(), where);
      assertEquals(golden.get(1).asDouble(), entity.score(), 2e-6, where);
      assertEquals(golden.get(2).asText(), entity.word(), where);
      assertEquals(golden.get(3).asInt(), entity.start(), where);
      assertEquals(golden.get(4).asInt(), entity.end(), where);
    }
  }

  @ParameterizedTest
  @EnumSource(Aggregation.class)
  void entitiesAreThoseOfTransformers(Aggregation aggregation) {
    JsonNode expected = EXPECTED.get(aggregation.name().toLowerCase(Locale.ROOT));
    List<String> texts = texts();
    try (TokenClassification tag = Pipelines.tokenClassification(GOLDEN)) {
      List<List<Entity>> all = tag.aggregation(aggregation).ofAll(texts);
      assertEquals(texts.size(), all.size());
      for (int i = 0; i < texts.size(); i++) {
        assertEntities(expected.get(i), all.get(i), texts.get(i));
        assertEntities(expected.get(i), tag.of(texts.get(i)), texts.get(i));
      }
    }
  }

  /** RoBERTa's vocabulary may have a space as a token of its own: its word is what follows. */
  @ParameterizedTest
  @EnumSource(names = {"FIRST", "AVERAGE", "MAX"})
  void aSpaceBelongsToTheWordBehindIt(Aggregation aggregation, @TempDir Path folder)
      throws IOException {
    Path golden = TestFiles.golden().resolveSibling("small-roberta").resolve("tokens");
    String config =
        Files.readString(golden.resolve("config.json"))
            .replace("\"camembert\"", "\"roberta\"")
            .replace("LABEL_", "B-"); // so that each word is an entity
    Files.writeString(folder.resolve("config.json"), config);
    Files.copy(golden.resolve("model.safetensors"), folder.resolve("model.safetensors"));
    List<String> vocabulary =
        new ArrayList<>(List.of("<s>", "<pad>", "</s>", "<unk>", "<mask>", "\u0120"));
    "abcdefgh".chars().forEach(letter -> vocabulary.add(Character.toString(letter)));
    ObjectNode json = JsonFiles.object();
    vocabulary.forEach(token -> json.put(token, json.size()));
    Files.writeString(folder.resolve("vocab.json"), json.toString());
    Files.writeString(folder.resolve("merges.txt"), "#version: 0.2\n");
    String text = "ab cd h efg a bd";
    try (TokenClassification tag = Pipelines.tokenClassification(folder)) {
      tag.aggregation(aggregation).ignoreLabels();
      StringBuilder words = new StringBuilder();
      for (Entity entity : tag.of(text)) {
        assertTrue(entity.start() < entity.end(), entity.toString());
        words.append(' ').append(text, entity.start(), entity.end());
      }
      assertEquals(text, words.substring(1));
    }
  }

  @Test
  void labelsThatAreIgnoredCanBeChosen() {
    try (TokenClassification tag = Pipelines.tokenClassification(GOLDEN)) {
      tag.aggregation(Aggregation.MAX).ignoreLabels();
      List<List<Entity>> all = tag.ofAll(texts());
      for (int i = 0; i < all.size(); i++) {
        assertEntities(EXPECTED.get("all labels").get(i), all.get(i), texts().get(i));
      }
      tag.ignoreLabels("PER", "O", "LOC", "A-B");
      tag.ofAll(texts())
          .forEach(found -> found.forEach(entity -> assertEquals("DATE", entity.label())));
    }
  }

  @Test
  void aTextThatIsCutIsToldOnce() {
    String text = "anna ".repeat(100);
    PrintStream before = System.err;
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
    try (TokenClassification tag = Pipelines.tokenClassification(GOLDEN)) {
      tag.of("anna");
      assertEquals("", log.toString(StandardCharsets.UTF_8));
      tag.of(text);
      tag.ofAll(List.of(text, text));
    } finally {
      System.setErr(before);
    }
    String[] lines = log.toString(StandardCharsets.UTF_8).split("\n");
    assertEquals(1, lines.length, log.toString(StandardCharsets.UTF_8));
    assertTrue(lines[0].contains("longer than 40 tokens and is cut"), lines[0]);
  }

  @Test
  void manyTextsLeaveNoMemoryAndCanBeInterrupted() {
    List<String> texts = Collections.nCopies(200, "anna went to new york on may 1996, in berlin");
    try (TokenClassification tag = Pipelines.tokenClassification(GOLDEN)) {
      long live = Memory.live();
      List<List<Entity>> all = tag.ofAll(texts);
      assertEquals(1, all.stream().distinct().count());
      assertEquals(live, Memory.live());
      Thread.currentThread().interrupt();
      assertTrue(tag.of(texts.get(0)).size() > 0);
      assertTrue(
          assertThrows(CancellationException.class, () -> tag.ofAll(texts))
              .getMessage()
              .endsWith("of 200 texts"));
      assertTrue(Thread.interrupted());
    }
  }

  @Test
  void aClosedPipelineLabelsNothing() {
    TokenClassification tag = Pipelines.tokenClassification(GOLDEN);
    tag.close();
    assertThrows(IllegalStateException.class, () -> tag.of("anna"));
  }

  @Test
  void printsAnEntity() {
    assertEquals("PER 0.998 'anna' 6-10", new Entity("PER", 0.9984f, "anna", 6, 10).toString());
  }
}
