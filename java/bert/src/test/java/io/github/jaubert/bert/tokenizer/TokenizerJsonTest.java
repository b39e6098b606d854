package io.github.jaubert.bert.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.TestFiles;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * tokenizer_config.json against tokenizer.json. What is expected was seen in transformers 5.18 with
 * such files.
 */
class TokenizerJsonTest {
  @TempDir Path folder;

  private void write(boolean lowerCase, String config) {
    SmallVocabulary.write(folder);
    try (Tokenizer tokenizer = Tokenizer.fromPretrained(folder)) {
      tokenizer.save(folder);
    }
    Path file = folder.resolve("tokenizer.json");
    ObjectNode json = JsonFiles.readObject(file);
    ((ObjectNode) json.get("normalizer")).put("lowercase", lowerCase);
    TestFiles.write(file, JsonFiles.format(json));
    TestFiles.write(folder.resolve("tokenizer_config.json"), config);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "true | {} | the the naive 東 京",
        "true | {'do_lower_case': false} | The the naïve 東 京",
        "false | {'do_lower_case': true} | the the naive 東 京",
        "false | {} | the the naive 東 京",
        "true | {'strip_accents': false} | the the naïve 東 京",
        "true | {'tokenize_chinese_chars': false} | the the naive [UNK]",
        "true | {'do_lower_case': false, 'tokenizer_class': 'BertTokenizerFast'} | The the naïve 東 京",
        "true | {'do_lower_case': false, 'tokenizer_class': 'PreTrainedTokenizerFast'} | the the naive 東 京"
      })
  void theConfigDecides(boolean lowerCase, String config, String expected) {
    write(lowerCase, config.replace('\'', '"'));
    try (Tokenizer tokenizer = Tokenizer.fromPretrained(folder)) {
      String[] tokens = tokenizer.encode("The the naïve 東京").tokens();
      assertEquals("[CLS] " + expected + " [SEP]", String.join(" ", tokens));
    }
  }

  @Test
  void theFileIsSavedAsItWas() throws IOException {
    write(true, "{\"do_lower_case\": false}");
    Path copy = folder.resolve("copy");
    try (Tokenizer tokenizer = Tokenizer.fromPretrained(folder);
        Tokenizer shorter = tokenizer.withMaxLength(9)) {
      Files.createDirectories(copy);
      shorter.save(copy);
      assertEquals("The", shorter.encode("The").tokens()[1]);
    }
    assertArrayEquals(
        Files.readAllBytes(folder.resolve("tokenizer.json")),
        Files.readAllBytes(copy.resolve("tokenizer.json")));
  }

  /** As from a stream, where tokenizer.json is all there is: nothing is added to it. */
  @Test
  void aFileThatSaysAllIsReadWithoutAWord() throws IOException {
    byte[] json =
        new String(JsonFiles.format(SmallVocabulary.json()), StandardCharsets.UTF_8)
            .replace("\"[CLS]\"", "\"<s>\"")
            .getBytes(StandardCharsets.UTF_8);
    PrintStream before = System.err;
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
    try (Tokenizer tokenizer =
        Tokenizer.fromJson("x/tokenizer.json", new ByteArrayInputStream(json))) {
      assertEquals("[<s>, the, [SEP]]", tokenizer.encode("the").toString());
      tokenizer.save(folder);
    } finally {
      System.setErr(before);
    }
    assertEquals("", log.toString(StandardCharsets.UTF_8));
    assertEquals(
        "PreTrainedTokenizerFast",
        JsonFiles.readObject(folder.resolve("tokenizer_config.json"))
            .path("tokenizer_class")
            .asText());
  }
}
