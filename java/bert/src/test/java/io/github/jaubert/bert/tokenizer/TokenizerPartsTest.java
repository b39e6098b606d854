package io.github.jaubert.bert.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Parts of a tokenizer.json that would end the process, or never end. */
class TokenizerPartsTest {
  private static final String FILE = "x/tokenizer.json";

  private static ObjectNode parse(String json) {
    return JsonFiles.parseObject("part", json.getBytes(StandardCharsets.UTF_8));
  }

  private static Tokenizer load(ObjectNode json) {
    return Tokenizer.fromJson(FILE, new ByteArrayInputStream(JsonFiles.format(json)));
  }

  private static String refusal(ObjectNode json) {
    return assertThrows(CheckpointException.class, () -> load(json).close()).getMessage();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '~',
      value = {
        "normalizer; {`type`:`Precompiled`}; precompiled_charsmap: too short",
        "normalizer; {`type`:`Precompiled`,`precompiled_charsmap`:`/////w==`}; precompiled_charsmap: a trie of 4294967292 bytes in a table of 0",
        "normalizer; {`type`:`Precompiled`,`precompiled_charsmap`:`BAAAAAAAAA`}; precompiled_charsmap: base64 without its padding",
        "normalizer; {`type`:`Precompiled`,`precompiled_charsmap`:`BAAAAAAAAAA=`}; precompiled_charsmap: a trie whose node 0 leads to 1 of 1",
        "normalizer; {`type`:`Prepend`,`prepend`:``}; prepend: 1 to 1000 characters",
        "normalizer; {`type`:`Replace`,`pattern`:{`Regex`:`(a*)*b`},`content`:``}; pattern.Regex: a regular expression with",
        "normalizer; {`pattern`:{`Regex`:`.*.*=`},`content`:``}; pattern.Regex: a regular expression with repetitions",
        "normalizer; {`type`:`Replace`,`pattern`:{`Regex`:`a|`},`content`:`zz`}; pattern: matches between characters",
        "normalizer; {`type`:`Replace`,`pattern`:{`Regex`:`(?=b)`},`content`:`z`}; pattern: matches between characters",
        "normalizer; {`type`:`Replace`,`pattern`:{`String`:``},`content`:`z`}; pattern: matches between characters",
        "normalizer; [{`Regex`:`.*.*=`},``]; no object",
        "pre_tokenizer; {`type`:`FixedLength`,`length`:0}; length: is 0;",
        "pre_tokenizer; {`type`:`Sequence`,`pretokenizers`:[{`type`:`Split`,`pattern`:{`Regex`:`(a|a)*b`},`behavior`:`Removed`,`invert`:true}]}; pretokenizers[0].pattern.Regex: a regular",
        "decoder; {`type`:`Strip`,`content`:` `,`start`:0,`stop`:1}; stop: is 1; only 0",
        "decoder; {`type`:`Sequence`,`decoders`:[{`type`:`Replace`,`pattern`:{`Regex`:`(x)\\\\1`},`content`:``}]}; decoders[0].pattern.Regex: a regular",
        "post_processor; {`type`:`BertProcessing`,`sep`:[`x`,99],`cls`:[`x`,1]}; sep[1]: an id of 99, but",
        "post_processor; {`type`:`TemplateProcessing`,`single`:[{`SpecialToken`:[`x`,0]}],`pair`:[],`special_tokens`:{}}; single[0]: neither a SpecialToken",
      })
  void refusesThePart(String key, String part, String reason) {
    ObjectNode json = SmallVocabulary.json();
    json.set(key, parse("{\"x\":" + part.replace('`', '"') + "}").get("x"));
    String message = refusal(json);
    assertTrue(message.startsWith(FILE + ": key " + key), message);
    assertTrue(message.contains(reason), message);
  }

  @Test
  void refusesASecondTemplateAndOneOfManyTokens() {
    ObjectNode json = SmallVocabulary.json();
    ObjectNode template = json.withObject("post_processor").deepCopy();
    ObjectNode sequence = json.putObject("post_processor");
    sequence.put("type", "Sequence");
    sequence.putArray("processors").add(template).add(template.deepCopy());
    assertTrue(refusal(json).contains("post_processor.processors[1]: a second template"));
    ObjectNode many = SmallVocabulary.json();
    ArrayNode single = many.withObject("post_processor").withArray("single");
    for (int i = 0; i < 100; i++) {
      single.add(single.get(0).deepCopy());
    }
    assertTrue(refusal(many).contains("post_processor.single: 103 pieces"), refusal(many));
  }

  @Test
  void refusesReplacementsThatMakeTextsGrow() {
    ObjectNode json = SmallVocabulary.json();
    ObjectNode sequence = json.putObject("normalizer");
    sequence.put("type", "Sequence");
    ArrayNode members = sequence.putArray("normalizers");
    for (int i = 0; i < 40; i++) {
      members.add(
          parse("{\"type\":\"Replace\",\"pattern\":{\"String\":\"a\"},\"content\":\"aa\"}"));
    }
    assertTrue(refusal(json).contains("texts would grow too long"), refusal(json));
  }

  @Test
  void refusesAMergeWithoutItsPrefix() {
    ObjectNode json = SmallVocabulary.json();
    json.set(
        "model",
        parse(
            "{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"é\":1,\"[CLS]\":2,\"[SEP]\":3},\"merges\":[[\"a\",\"é\"]],\"continuing_subword_prefix\":\"a\"}"));
    assertTrue(refusal(json).contains("model.merges[0]: 'é' has no prefix 'a'"), refusal(json));
  }

  @Test
  void refusesABlankTokenThatAnotherTakesTheSpaceOf() {
    ObjectNode json = SmallVocabulary.json();
    ((ObjectNode) json.get("added_tokens").get(4)).put("rstrip", true);
    ObjectNode blank = ((ObjectNode) json.get("added_tokens").get(0)).deepCopy();
    blank.put("content", " ").put("id", 37).put("lstrip", true);
    json.withArray("added_tokens").add(blank);
    assertTrue(refusal(json).contains("added_tokens[5].content: only space"), refusal(json));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '~',
      value = {
        "{`type`:`StripAccents`}; \u0301",
        "{`type`:`Replace`,`pattern`:{`String`:`e`},`content`:``}; ee",
        "{`type`:`Strip`,`strip_left`:true,`strip_right`:true}; \u00a0",
      })
  void refusesATokenOfWhichTheNormalizerLeavesNothing(String normalizer, String content) {
    ObjectNode json = SmallVocabulary.json();
    json.set("normalizer", parse(normalizer.replace('`', '"')));
    ObjectNode token = ((ObjectNode) json.get("added_tokens").get(0)).deepCopy();
    json.withArray("added_tokens").add(token.put("content", content).put("normalized", false));
    load(json).close(); // it is looked for before the text is normalized
    token.put("normalized", true);
    assertEquals(
        FILE + ": key added_tokens[5].content: the normalizer leaves nothing of it", refusal(json));
  }

  // ---- what is well ----

  @Test
  void offsetsStayWithinTheText() {
    ObjectNode json = SmallVocabulary.json();
    ObjectNode template = json.withObject("post_processor").deepCopy();
    ObjectNode sequence = json.putObject("post_processor");
    sequence.put("type", "Sequence");
    sequence.putArray("processors").add(template);
    ObjectNode roberta = sequence.withArray("processors").addObject();
    roberta.put("type", "RobertaProcessing").put("trim_offsets", true);
    roberta.put("add_prefix_space", true);
    roberta.putArray("cls").add("[CLS]").add(2);
    roberta.putArray("sep").add("[SEP]").add(3);
    try (Tokenizer tokenizer = load(json)) {
      for (int[] offsets : tokenizer.encode("the dog").offsets()) {
        assertTrue(0 <= offsets[0] && offsets[1] <= 7, offsets[0] + " to " + offsets[1]);
      }
    }
  }

  @Test
  void takesAnAddedTokenWhoseIdIsAnother() {
    ObjectNode json = SmallVocabulary.json();
    ObjectNode token = ((ObjectNode) json.get("added_tokens").get(0)).deepCopy();
    token.put("content", "<new>").put("id", 5);
    json.withArray("added_tokens").add(token);
    try (Tokenizer tokenizer = load(json)) { // as transformers does, with a warning of its own
      assertArrayEquals(new int[] {2, 37, 3}, tokenizer.encode("<new>").ids());
      assertEquals("[[CLS], <new>, the, [SEP]]", tokenizer.encode("<new> the").toString());
    }
  }

  @Test
  void saysThatTheTokenForUnknownWordsIsMissing() {
    ObjectNode json = SmallVocabulary.json();
    json.withObject("model").put("unk_token", "gone");
    try (Tokenizer tokenizer = load(json)) {
      assertEquals(4, tokenizer.encode("the dog").length());
      String message =
          assertThrows(CheckpointException.class, () -> tokenizer.encode("zebra")).getMessage();
      assertEquals(
          FILE + ": cannot be used: WordPiece error: Missing [UNK] token from the vocabulary",
          message);
      try (Tokenizer shorter = tokenizer.withMaxLength(9)) {
        assertEquals(
            message,
            assertThrows(CheckpointException.class, () -> shorter.encode("zebra")).getMessage());
      }
    }
  }
}
