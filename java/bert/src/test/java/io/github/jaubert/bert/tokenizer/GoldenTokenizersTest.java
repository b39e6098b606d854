package io.github.jaubert.bert.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.TestFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Folders whose tokenizer files say many different things, against ids by transformers 5.18. Of the
 * file, src/test/python/golden_tokenizers.py says more; another one is checked by {@code
 * -Djaubert.tokenizers=FILE}.
 */
class GoldenTokenizersTest {
  @TempDir Path folder;

  private static ObjectNode table() throws IOException {
    String file = System.getProperty("jaubert.tokenizers");
    if (file != null) {
      return JsonFiles.readObject(Path.of(file));
    }
    String golden = "/golden/tokenizers/golden.json";
    try (InputStream stream = GoldenTokenizersTest.class.getResourceAsStream(golden)) {
      return JsonFiles.parseObject(golden, stream.readAllBytes());
    }
  }

  @TestFactory
  List<DynamicTest> tokensAreThoseOfTransformers() throws IOException {
    ObjectNode table = table();
    Map<String, JsonNode> ways = new HashMap<>();
    List<DynamicTest> tests = new ArrayList<>();
    for (JsonNode way : table.get("ways")) {
      ways.put(way.get("name").asText(), way);
      JsonNode expected = way.has("like") ? ways.get(way.get("like").asText()) : way;
      String here = Integer.toString(tests.size());
      tests.add(
          DynamicTest.dynamicTest(
              way.get("name").asText(),
              () -> {
                Path ofWay = Files.createDirectory(folder.resolve(here));
                write(ofWay, table, way.get("files"));
                check(ofWay, table.get("cases"), expected);
              }));
    }
    return tests;
  }

  private static void write(Path folder, ObjectNode table, JsonNode files) {
    StringBuilder lines = new StringBuilder();
    table.get("vocabulary").forEach(token -> lines.append(token.asText()).append('\n'));
    TestFiles.write(
        folder.resolve("config.json"),
        "{\"model_type\": \"bert\", \"max_position_embeddings\": 64}");
    files
        .properties()
        .forEach(
            file -> {
              Path path = folder.resolve(file.getKey());
              switch (file.getKey()) {
                case "vocab.txt" -> TestFiles.write(path, lines.toString());
                case "tokenizer.json" ->
                    TestFiles.write(path, JsonFiles.format(tokenizer(table, file.getValue())));
                default -> TestFiles.write(path, JsonFiles.format((ObjectNode) file.getValue()));
              }
            });
  }

  private static ObjectNode tokenizer(ObjectNode table, JsonNode changes) {
    ObjectNode json = table.get("tokenizer").deepCopy();
    ObjectNode model = (ObjectNode) json.get("model");
    changes
        .properties()
        .forEach(
            change -> {
              if (change.getKey().equals("model")) {
                model.setAll((ObjectNode) change.getValue());
              } else {
                json.set(change.getKey(), change.getValue());
              }
            });
    ObjectNode vocabulary = model.putObject("vocab");
    table.get("vocabulary").forEach(token -> vocabulary.put(token.asText(), vocabulary.size()));
    return json;
  }

  private static void check(Path folder, JsonNode cases, JsonNode expected) {
    Map<Integer, Tokenizer> byLength = new HashMap<>();
    try {
      byLength.put(0, Tokenizer.fromPretrained(folder));
    } catch (CheckpointException e) {
      assertTrue(expected.has("error"), e.getMessage());
      return;
    }
    if (expected.has("error")) {
      byLength.get(0).close();
      return; // what transformers refuses may be taken
    }
    List<String> differences = new ArrayList<>();
    for (int i = 0; i < cases.size(); i++) {
      JsonNode one = cases.get(i);
      JsonNode ids = expected.get("ids").get(i);
      if (ids.isNull()) {
        continue;
      }
      Tokenizer tokenizer =
          byLength.computeIfAbsent(one.get(2).asInt(0), l -> byLength.get(0).withMaxLength(l));
      Encoding encoding = tokenizer.encode(one.get(0).asText(), one.get(1).textValue());
      String actual = Arrays.toString(encoding.ids());
      int types = Arrays.stream(encoding.typeIds()).sum();
      if (!actual.replace(" ", "").equals(ids.toString())
          || types != expected.get("types").get(i).asInt()) {
        differences.add(one + ": " + ids + " expected, but " + actual + ", types " + types);
      }
    }
    byLength.values().forEach(Tokenizer::close);
    assertEquals(
        0, differences.size(), () -> differences.size() + " differ, as " + differences.get(0));
  }
}
