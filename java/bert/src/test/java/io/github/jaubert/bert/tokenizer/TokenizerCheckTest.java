package io.github.jaubert.bert.tokenizer;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokenizerCheckTest {
  private static final String FILE = "x/tokenizer.json";

  /** What is said of a whole tokenizer.json in which one piece of text is another. */
  private static String refusal(String before, String after) {
    String text = SmallVocabulary.json().toString();
    assertTrue(text.contains(before), text);
    byte[] bytes = text.replace(before, after).getBytes(StandardCharsets.UTF_8);
    return assertThrows(
            CheckpointException.class,
            () -> Tokenizer.fromJson(FILE, new ByteArrayInputStream(bytes)).close())
        .getMessage();
  }

  @Test
  void letsAGoodOnePass() {
    assertDoesNotThrow(() -> TokenizerCheck.check(FILE, SmallVocabulary.json()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"[SEP]\":{\"id\" | \"x\":{\"id\" | post_processor.single[2].SpecialToken.id: special_tokens has no '[SEP]'",
        "\"prefix\":\"##\" | \"prefix\":1e400 | decoder.prefix: a number out of range",
        "\"tokens\":[\"[SEP]\"] | \"tokens\":[] | post_processor.special_tokens.[SEP]: 1 ids and 0 tokens",
        "\"ids\":[3] | \"ids\":[37] | post_processor.special_tokens.[SEP].ids[0]: an id of 37, but",
        "\"ids\":[3] | \"ids\":[-1] | post_processor.special_tokens.[SEP].ids[0]: the id is -1;",
        "{\"id\":\"A\",\"type_id\":0} | {\"id\":\"B\",\"type_id\":0} | post_processor.single[1].Sequence.id: a single",
        "\"dog\":14 | \"dog\":-1 | model.vocab.dog: the id is -1;",
        "\"dog\":14 | \"dog\":1e400 | model.vocab.dog: a number out of range",
        "\"dog\":14 | \"dog\":4294967296 | model.vocab.dog: the id is 4294967296;",
        "\"dog\":14 | \"dog\":2147483647 | model.vocab.dog: the id is 2147483647;",
        "\"dog\":14 | \"dog\":14.5 | model.vocab.dog: the id is 14.5;",
        "\"content\":\"[SEP]\" | \"content\":\"\" | added_tokens[3].content: missing or empty",
        "{\"id\":3,\"content\" | {\"content\" | added_tokens[3].id: the id is missing;",
        "{\"id\":3,\"content\" | {\"id\":\"3\",\"content\" | added_tokens[3].id: the id is \"3\";",
        "\"content\":\"[SEP]\" | \"content\":\"[\\ud800]\" | added_tokens[3].content: half of a surrogate pair",
        "\"cleanup\":true | \"cleanup\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]] | decoder.cleanup[0][0]",
        "\"max_input_chars_per_word\":100 | \"max_input_chars_per_word\":1e9 | model.max_input_chars_per_word: 1.0E9 is too much"
      })
  void refusesWhatTheNativeLibraryPanicsAt(String before, String after, String reason) {
    String message = refusal(before, after);
    assertTrue(message.startsWith(FILE + ": key " + reason), message);
  }

  @Test
  void quotesLittleOfALongKey() {
    String message = refusal("\"dog\":14", "\"" + "d".repeat(100_000) + "\":-1");
    assertTrue(message.length() < 2000, message);
  }

  @Test
  void takesAnAddedTokenThatGetsTheNextId() {
    ObjectNode json = SmallVocabulary.json();
    ObjectNode token = (ObjectNode) json.get("added_tokens").get(0).deepCopy();
    token.put("id", 37);
    token.put("content", "<new>");
    json.withArray("added_tokens").add(token);
    try (Tokenizer tokenizer =
        Tokenizer.fromJson(FILE, new ByteArrayInputStream(JsonFiles.format(json)))) {
      assertEquals("[[CLS], <new>, [SEP]]", tokenizer.encode("<new>").toString());
      assertEquals(37, tokenizer.encode("<new>").ids()[1]);
    }
  }
}
