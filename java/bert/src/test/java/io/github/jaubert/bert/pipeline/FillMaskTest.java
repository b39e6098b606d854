package io.github.jaubert.bert.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.MaskedLanguageModel;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.TestFiles;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.tensor.Memory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Against transformers' pipeline, of which src/test/python/golden_masked_language.py wrote down
 * what it fills in.
 */
class FillMaskTest {
  private static final Path GOLDEN = TestFiles.golden("masked-language").resolve("fill-mask");
  private static final JsonNode EXPECTED = JsonFiles.readObject(GOLDEN.resolve("pipeline.json"));

  @TempDir Path temporary;

  private static List<String> texts() {
    List<String> texts = new ArrayList<>();
    EXPECTED.get("texts").forEach(text -> texts.add(text.asText()));
    return texts;
  }

  private static void assertFills(JsonNode expected, List<List<MaskFill>> fills, String text) {
    assertEquals(expected.size(), fills.size(), text);
    for (int mask = 0; mask < fills.size(); mask++) {
      assertEquals(expected.get(mask).size(), fills.get(mask).size(), text);
      for (int i = 0; i < fills.get(mask).size(); i++) {
        JsonNode golden = expected.get(mask).get(i);
        MaskFill fill = fills.get(mask).get(i);
        String where = text + ": " + fill + ", " + golden;
        assertEquals(golden.get(0).asInt(), fill.token(), where);
        assertEquals(golden.get(1).asText(), fill.word(), where);
        assertEquals(golden.get(2).asDouble(), fill.score(), 2e-6, where);
        assertEquals(golden.get(3).asText(), fill.sequence(), where);
      }
    }
  }

  private static void assertAll(String setting, FillMask fill) {
    JsonNode expected = EXPECTED.get(setting);
    List<String> texts = texts().subList(0, expected.size());
    List<List<List<MaskFill>>> all = fill.ofAll(texts);
    assertEquals(texts.size(), all.size());
    for (int i = 0; i < texts.size(); i++) {
      assertFills(expected.get(i), all.get(i), texts.get(i));
      assertFills(expected.get(i), fill.of(texts.get(i)), texts.get(i));
    }
  }

  @Test
  void fillsAreThoseOfTransformers() {
    assertTrue(texts().size() >= 24);
    try (FillMask fill = Pipelines.fillMask(GOLDEN)) {
      assertEquals("[MASK]", fill.mask());
      assertAll("usual", fill);
      assertAll("top 1", fill.top(1));
      assertAll("all", fill.top(1000));
      assertAll("targets", fill.targets("berlin", "##ing", "york", "[PAD]", "not").top(5));
      assertAll(
          "targets, top 2",
          fill.targets("berlin", "York", "playing", "zzz", "anna", "anna").top(2));
      assertAll("usual", fill.targets().top(5));
    }
  }

  // ---- what cannot be ----

  private static String refusal(Runnable call) {
    return assertThrows(IllegalArgumentException.class, call::run).getMessage();
  }

  @Test
  void aTextWithoutAMaskIsRefused() {
    try (FillMask fill = Pipelines.fillMask(GOLDEN)) {
      assertEquals("there is no [MASK] in the text 'anna'", refusal(() -> fill.of("anna")));
      assertEquals(
          "there is no [MASK] in the text 'to [mask]'",
          refusal(() -> fill.ofAll(List.of("[MASK]", "to [mask]"))));
      assertTrue(
          refusal(() -> fill.of("anna ".repeat(50) + "[MASK]"))
              .endsWith(", which is cut to 40 tokens"));
      assertEquals(1, fill.of("[MASK]" + " anna".repeat(50)).size());
      assertEquals("top: 0 tokens; at least 1 is needed", refusal(() -> fill.top(0)));
      assertEquals("targets: none of [,  ] has a token", refusal(() -> fill.targets("", " ")));
    }
  }

  private Path copied(String changed, byte[] content) throws IOException {
    Path folder = Files.createDirectories(temporary.resolve("model"));
    for (String name :
        List.of("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")) {
      Files.write(folder.resolve(name), Files.readAllBytes(GOLDEN.resolve(name)));
    }
    Files.write(folder.resolve(changed), content);
    return folder;
  }

  @Test
  void aTokenizerWithoutATokenForMasksIsRefused() throws IOException {
    ObjectNode config = JsonFiles.readObject(GOLDEN.resolve("tokenizer_config.json"));
    config.putNull("mask_token");
    Path folder = copied("tokenizer_config.json", JsonFiles.format(config));
    long before = Memory.live();
    assertEquals(
        folder + ": the tokenizer has no token for masked ones",
        assertThrows(CheckpointException.class, () -> Pipelines.fillMask(folder)).getMessage());
    config.put("mask_token", "<mask>"); // which transformers adds behind the vocabulary
    Files.write(folder.resolve("tokenizer_config.json"), JsonFiles.format(config));
    String message =
        assertThrows(CheckpointException.class, () -> Pipelines.fillMask(folder)).getMessage();
    assertTrue(message.contains("'<mask>', has the id 56; the model has 56 tokens"), message);
    assertEquals(before, Memory.live());
  }

  @Test
  void aHeadThatIsMissingIsRefused() {
    Path folder = TestFiles.golden("token-classifier");
    assertTrue(
        assertThrows(CheckpointException.class, () -> Pipelines.fillMask(folder))
            .getMessage()
            .contains("is a BertForTokenClassification, whose head is none for masked tokens"));
  }

  @Test
  void aTargetThatTheModelDoesNotKnowIsRefused() {
    BertConfig small = BertConfig.bertBase().withVocabSize(20).withEncoder(8, 1, 2, 8);
    try (FillMask fill =
        Pipelines.fillMask(MaskedLanguageModel.of(small), Tokenizer.fromPretrained(GOLDEN))) {
      String message = refusal(() -> fill.targets("anna", "may"));
      assertTrue(
          message.matches("targets: 'may' has the id \\d+; the model has 20 tokens"), message);
    }
  }

  @Test
  void manyTextsLeaveNoMemoryAndCanBeInterrupted() {
    List<String> texts = Collections.nCopies(200, "anna went to [MASK] on may 1996, in berlin");
    try (FillMask fill = Pipelines.fillMask(GOLDEN)) {
      long live = Memory.live();
      List<List<List<MaskFill>>> all = fill.ofAll(texts);
      assertEquals(1, all.stream().map(Object::toString).distinct().count());
      assertEquals(live, Memory.live());
      Thread.currentThread().interrupt();
      assertEquals(1, fill.of(texts.get(0)).size());
      assertTrue(
          assertThrows(CancellationException.class, () -> fill.ofAll(texts))
              .getMessage()
              .endsWith("of 200 texts"));
      assertTrue(Thread.interrupted());
    }
  }

  @Test
  void aClosedPipelineFillsNothing() {
    FillMask fill = Pipelines.fillMask(GOLDEN);
    fill.close();
    assertThrows(IllegalStateException.class, () -> fill.of("[MASK]"));
  }

  @Test
  void printsAFill() {
    assertEquals("paris 0.417", new MaskFill(3000, "paris", 0.4168f, "").toString());
  }
}
