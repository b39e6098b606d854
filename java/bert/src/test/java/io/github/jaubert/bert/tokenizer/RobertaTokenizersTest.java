package io.github.jaubert.bert.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.TestFiles;
import io.github.jaubert.fixture.Seeds;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Folders of RoBERTa, XLM-RoBERTa, CamemBERT, MPNet and DeBERTa against ids by transformers 5.18.
 * Of the files, src/test/python/golden_roberta_tokenizers.py and those of the others say more.
 */
class RobertaTokenizersTest {
  @TempDir Path folder;

  private static ObjectNode table(String file) throws IOException {
    String golden = "/golden/tokenizers/" + file;
    try (InputStream stream = RobertaTokenizersTest.class.getResourceAsStream(golden)) {
      return JsonFiles.parseObject(golden, stream.readAllBytes());
    }
  }

  @TestFactory
  List<DynamicTest> tokensAreThoseOfTransformers() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    add(tests, table("roberta.json"));
    add(tests, table("mpnet.json"));
    add(tests, table("deberta.json"));
    add(tests, table("sentencepiece.json"));
    return tests;
  }

  private void add(List<DynamicTest> tests, ObjectNode table) {
    Map<String, JsonNode> ways = new HashMap<>();
    for (JsonNode way : table.get("ways")) {
      ways.put(way.get("name").asText(), way);
      JsonNode expected = way.has("like") ? ways.get(way.get("like").asText()) : way;
      String here = Integer.toString(tests.size());
      tests.add(
          DynamicTest.dynamicTest(
              way.get("name").asText(),
              () -> {
                Path ofWay = Files.createDirectory(folder.resolve(here));
                write(ofWay, table, way);
                check(ofWay, table.get("cases"), way, expected, way.get("count").asInt());
                Path again = Files.createDirectory(folder.resolve(here + " saved"));
                Files.copy(ofWay.resolve("config.json"), again.resolve("config.json"));
                try (Tokenizer tokenizer = Tokenizer.fromPretrained(ofWay)) {
                  tokenizer.save(again);
                }
                check(again, table.get("cases"), way, expected, 40); // none of them is cut short
              }));
    }
  }

  private static void write(Path folder, ObjectNode table, JsonNode way) {
    if (!way.get("change").isNull()) {
      ObjectNode json = table.get("bases").get(way.get("base").asText()).deepCopy();
      for (Map.Entry<String, JsonNode> change : way.get("change").properties()) {
        if (change.getKey().equals("model")) {
          ((ObjectNode) json.get("model")).setAll((ObjectNode) change.getValue());
        } else {
          json.set(change.getKey(), change.getValue());
        }
      }
      TestFiles.write(folder.resolve("tokenizer.json"), JsonFiles.format(json));
    }
    for (Map.Entry<String, JsonNode> file : way.get("files").properties()) {
      Path path = folder.resolve(file.getKey());
      if (file.getValue().isTextual()) {
        TestFiles.write(path, file.getValue().asText());
      } else if (file.getValue().has("base64")) {
        TestFiles.write(path, Base64.getDecoder().decode(file.getValue().get("base64").asText()));
      } else {
        TestFiles.write(path, JsonFiles.format((ObjectNode) file.getValue()));
      }
    }
  }

  private static void check(
      Path folder, JsonNode cases, JsonNode way, JsonNode expected, int count) {
    Map<Integer, Tokenizer> byLength = new HashMap<>();
    byLength.put(0, Tokenizer.fromPretrained(folder));
    assertEquals(40, byLength.get(0).maxLength()); // of 42 positions
    int[] special = {byLength.get(0).padId(), byLength.get(0).maskId()};
    int[] due = {way.get("special").get(0).asInt(), way.get("special").get(1).asInt()};
    assertArrayEquals(due, special);
    List<String> differences = new ArrayList<>();
    int texts = 0;
    for (int i = 0; i < count; i++) {
      JsonNode one = cases.get(i);
      String text = one.get(0).asText();
      Tokenizer tokenizer =
          byLength.computeIfAbsent(one.get(2).asInt(0), l -> byLength.get(0).withMaxLength(l));
      Encoding encoding = tokenizer.encode(text, one.get(1).textValue());
      String ids = Arrays.toString(encoding.ids()).replace(" ", "");
      if (!ids.equals(expected.get("ids").get(i).toString())
          || Arrays.stream(encoding.typeIds()).sum() != way.path("second_types").path(i).asInt()) {
        differences.add(one + ": " + expected.get("ids").get(i) + " expected, but " + ids);
      }
      if (one.get(1).isNull() && texts < expected.get("texts").size()) {
        List<String> from =
            Arrays.stream(encoding.offsets()).map(o -> text.substring(o[0], o[1])).toList();
        List<String> fromDue = new ArrayList<>();
        expected.get("texts").get(texts++).forEach(t -> fromDue.add(t.asText()));
        if (!from.equals(fromDue)) {
          differences.add(one + ": texts " + fromDue + " expected, but " + from);
        }
      }
    }
    byLength.values().forEach(Tokenizer::close);
    assertEquals(
        0, differences.size(), () -> differences.size() + " differ, as " + differences.get(0));
  }

  @Test
  void vocabJsonIsReadForRobertaAlone() {
    TestFiles.write(folder.resolve("config.json"), "{\"model_type\": \"modernbert\"}");
    TestFiles.write(folder.resolve("vocab.json"), "{\"<s>\": 0, \"a\": 1}");
    TestFiles.write(folder.resolve("merges.txt"), "#version: 0.2\n");
    assertTrue(refusal().contains("vocab.json: is read for RoBERTa's tokenizer alone"), refusal());
    TestFiles.write(folder.resolve("config.json"), "{\"model_type\": \"roberta\"}");
    TestFiles.write(folder.resolve("vocab.json"), "{\"<s>\": 0, \"a\": -1}");
    assertTrue(refusal().contains("vocab.json: key a: the id is -1"), refusal());
  }

  @ParameterizedTest
  @ValueSource(strings = {"sentencepiece.bpe.model", "spm.model"})
  void aSentencePieceModelIsReadForItsModelsAlone(String name) throws IOException {
    TestFiles.write(folder.resolve("config.json"), "{\"model_type\": \"xlm-roberta\"}");
    TestFiles.write(folder.resolve(name), "");
    assertTrue(refusal().contains(name + ": has no pieces: it is no model of"), refusal());
    TestFiles.write(folder.resolve(name), new byte[] {10, 100});
    assertTrue(refusal().contains(name), refusal());
    ObjectNode table = table("sentencepiece.json");
    JsonNode model = table.get("ways").get(0).get("files").get("sentencepiece.bpe.model");
    byte[] bytes = Base64.getDecoder().decode(model.get("base64").asText());
    TestFiles.write(folder.resolve(name), Arrays.copyOf(bytes, bytes.length - 100));
    assertTrue(refusal().contains(name), refusal());
    TestFiles.write(folder.resolve(name), bytes);
    TestFiles.write(folder.resolve("config.json"), "{\"model_type\": \"modernbert\"}");
    assertTrue(
        refusal().contains(name + ": is read for XLM-RoBERTa, CamemBERT and DeBERTa-v2; others"),
        refusal());
  }

  /**
   * A damaged one is read, or refused as one; the native library never meets what it cannot bear.
   */
  @Test
  void damagedSentencePieceModelsAreRefusedInWords() throws IOException {
    ObjectNode table = table("sentencepiece.json");
    JsonNode model = table.get("ways").get(2).get("files").get("sentencepiece.bpe.model");
    byte[] whole = Base64.getDecoder().decode(model.get("base64").asText());
    Random random = new Random(Seeds.seed("damage"));
    TestFiles.write(folder.resolve("config.json"), "{\"model_type\": \"camembert\"}");
    for (int i = 0; i < 30; i++) {
      byte[] bytes = whole.clone();
      for (int n = random.nextInt(4); n >= 0; n--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      if (random.nextInt(4) == 0) {
        bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
      }
      TestFiles.write(folder.resolve("spm.model"), bytes);
      try (Tokenizer tokenizer = Tokenizer.fromPretrained(folder)) {
        assertTrue(tokenizer.encode("the cat \uff21 x").ids().length > 2, Seeds.said());
      } catch (CheckpointException e) {
        assertTrue(e.getMessage().contains(folder.toString()), Seeds.said() + e.getMessage());
      }
    }
  }

  private String refusal() {
    return assertThrows(CheckpointException.class, () -> Tokenizer.fromPretrained(folder))
        .getMessage();
  }
}
