package io.github.jaubert.bert.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.TestFiles;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The ids are those of transformers 5.18. */
class SplitSpecialTokensTest {
  private static final String ADDED =
      "\"added_tokens_decoder\": {\"37\": {\"content\": \"<s>\", \"special\": true},"
          + " \"38\": {\"content\": \"<y>\", \"special\": false}}";

  @TempDir Path folder;

  private Tokenizer tokenizer(String config) {
    SmallVocabulary.write(folder);
    TestFiles.write(folder.resolve("tokenizer_config.json"), "{" + config + "}");
    return Tokenizer.fromPretrained(folder);
  }

  private static void assertIds(Tokenizer tokenizer, String text, int... ids) {
    assertArrayEquals(ids, tokenizer.encode(text).ids(), text);
  }

  @Test
  void specialTokensInATextAreWordsAndOthersKeepTheirIds() {
    try (Tokenizer tokenizer = tokenizer("\"split_special_tokens\": true, " + ADDED)) {
      assertIds(tokenizer, "the[SEP]fox", 2, 5, 1, 1, 1, 8, 3);
      assertIds(tokenizer, "<s>the<y>", 2, 1, 1, 1, 5, 38, 3);
      assertIds(tokenizer, "\uFFFF37", 2, 1, 3);
      assertEquals("the [MASK] fox <s>", tokenizer.decode(new int[] {5, 4, 8, 37}, true));
      assertEquals("the fox", tokenizer.decode(2, 5, 4, 8, 37, 3));
      assertEquals(37, tokenizer.id("<s>"));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "\"split_special_tokens\": false, ", "\"split_special_tokens\": null, "})
  void otherwiseTheyAreFound(String said) {
    try (Tokenizer tokenizer = tokenizer(said + ADDED)) {
      assertIds(tokenizer, "the[SEP]fox", 2, 5, 3, 8, 3);
      assertIds(tokenizer, "<s>the<y>", 2, 37, 5, 38, 3);
    }
  }

  @Test
  void theFolderIsSavedAsItWas() {
    Path out = folder.resolve("out");
    try (Tokenizer tokenizer = tokenizer("\"split_special_tokens\": true, " + ADDED)) {
      tokenizer.save(out);
    }
    String json =
        new String(
            JsonFiles.format(JsonFiles.readObject(out.resolve("tokenizer.json"))),
            StandardCharsets.UTF_8);
    assertEquals(-1, json.indexOf('\uFFFF'));
    try (Tokenizer again = Tokenizer.fromPretrained(out)) {
      assertIds(again, "<s>the<y>", 2, 1, 1, 1, 5, 38, 3);
    }
  }
}
