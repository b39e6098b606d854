package io.github.jaubert.bert.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.TestFiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Folders with vocab.txt but no tokenizer.json, and files that are not what they are called. */
class OldFolderTest {
  @TempDir Path folder;

  private String refusal() {
    return assertThrows(CheckpointException.class, () -> Tokenizer.fromPretrained(folder).close())
        .getMessage();
  }

  @ParameterizedTest
  @ValueSource(strings = {"tokenizer.json", "vocab.txt", "tokenizer_config.json", "config.json"})
  void aGitLfsPointerIsCalledOne(String name) {
    SmallVocabulary.write(folder);
    TestFiles.write(
        folder.resolve(name),
        "version https://git-lfs.github.com/spec/v1\noid sha256:ab12\nsize 711661\n");
    assertEquals(
        folder.resolve(name)
            + ": is a Git LFS pointer, not the file itself: run git lfs pull in its repository",
        refusal());
  }

  /** In transformers [PAD] is then another token, with an id that the model does not know. */
  @Test
  void aByteOrderMarkIsLeftOutWithAWarning() {
    TestFiles.write(folder.resolve("vocab.txt"), "\uFEFF" + SmallVocabulary.LINES);
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    PrintStream before = System.err;
    System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
    try (Tokenizer tokenizer = Tokenizer.fromPretrained(folder)) {
      assertEquals(0, tokenizer.id("[PAD]"));
      assertArrayEquals(new int[] {2, 5, 0, 3}, tokenizer.encode("the[PAD]").ids());
    } finally {
      System.setErr(before);
    }
    String warning = folder.resolve("vocab.txt") + ": begins with a byte order mark (EF BB BF)";
    assertTrue(log.toString(StandardCharsets.UTF_8).contains(warning), log.toString());
  }

  // ---- special tokens ----

  private void writeOtherNames(String map) {
    TestFiles.write(folder.resolve("vocab.txt"), "<pad>\n<unk>\n<s>\n</s>\n<mask>\nthe\n[CLS]\n");
    TestFiles.write(folder.resolve("special_tokens_map.json"), map);
  }

  private static final String MAP =
      "{\"cls_token\": \"<s>\", \"sep_token\": {\"content\": \"</s>\", \"lstrip\": false},"
          + " \"pad_token\": \"<pad>\", \"unk_token\": \"<unk>\", \"mask_token\": \"<mask>\"}";

  private String tokens(Path folder, String text) {
    try (Tokenizer tokenizer = Tokenizer.fromPretrained(folder)) {
      return tokenizer.encode(text).toString();
    }
  }

  @Test
  void specialTokensMayBeNamedInTheirMap() throws IOException {
    writeOtherNames(MAP);
    assertEquals("[<s>, the, <unk>, <mask>, </s>]", tokens(folder, "the fox <mask>"));
    Path out = folder.resolve("out");
    try (Tokenizer tokenizer = Tokenizer.fromPretrained(folder)) {
      tokenizer.save(out);
    }
    Files.delete(out.resolve("tokenizer.json")); // then the others must do
    Files.delete(out.resolve("special_tokens_map.json"));
    assertEquals("[<s>, the, </s>]", tokens(out, "the"));
  }

  @Test
  void theMapComesBeforeTheConfig() {
    writeOtherNames(MAP);
    TestFiles.write(
        folder.resolve("tokenizer_config.json"), "{\"cls_token\": \"[CLS]\", \"sep_token\": null}");
    assertEquals("[<s>, the, </s>]", tokens(folder, "the"));
  }

  @Test
  void theMapDoesNotCountBesideAnAddedTokensDecoder() {
    writeOtherNames(MAP);
    TestFiles.write(
        folder.resolve("tokenizer_config.json"),
        "{\"cls_token\": \"[CLS]\", \"sep_token\": \"<mask>\", \"unk_token\": \"<unk>\","
            + " \"added_tokens_decoder\": {}}");
    assertEquals("[[CLS], the, <mask>]", tokens(folder, "the"));
  }

  @Test
  void aTokenThatTheVocabularyLacksIsAdded() {
    writeOtherNames(MAP.replace("<pad>", "<nothing>").replace("<s>", "<begin>"));
    assertEquals("[<begin>, the, <nothing>, </s>]", tokens(folder, "the <nothing>"));
    writeOtherNames(MAP.replace("<unk>", "<what>"));
    assertEquals(
        folder.resolve("vocab.txt")
            + ": has no token '<what>', the unk_token, for words that it does not know",
        refusal());
  }

  // ---- added tokens ----

  private void writeDecoder(String decoder) {
    SmallVocabulary.write(folder);
    TestFiles.write(
        folder.resolve("tokenizer_config.json"), "{\"added_tokens_decoder\": " + decoder + "}");
  }

  @Test
  void addedTokensMayBeInTheConfig() {
    writeDecoder(
        "{\"2\": {\"content\": \"[CLS]\", \"special\": true},"
            + " \"37\": {\"content\": \"[E1]\", \"normalized\": false, \"special\": true},"
            + " \"38\": {\"content\": \"[E2]\", \"single_word\": true, \"special\": true}}");
    assertEquals(
        "[[CLS], [E1], the, dog, [E1], fox, [SEP]]", tokens(folder, "[E1]the dog[E1] fox"));
    try (Tokenizer tokenizer = Tokenizer.fromPretrained(folder)) {
      assertArrayEquals(new int[] {2, 38, 37, 3}, tokenizer.encode("[E2] [E1]").ids());
      assertEquals(39, tokenizer.vocabularySize());
      assertEquals("the", tokenizer.decode(2, 37, 5, 38, 3));
      assertEquals(3, tokenizer.encode("[E2]").length());
      assertTrue(tokenizer.encode("a[E2]b").length() > 5, "a single word only");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"x\": {\"content\": \"[E1]\"}} | x: an id and an object",
        "{\"1e3\": {\"content\": \"[E1]\"}} | 1e3: an id and an object",
        "{\"37\": {\"content\": 5}} | 37: an id and an object",
        "{\"37\": \"[E1]\"} | 37: an id and an object"
      })
  void anAddedTokenHasAnIdAndAText(String decoder, String reason) {
    writeDecoder(decoder);
    String expected =
        folder.resolve("tokenizer_config.json") + ": key added_tokens_decoder." + reason;
    assertTrue(refusal().startsWith(expected), refusal());
  }

  /** As the native library numbers them, whatever the file says. */
  @Test
  void anAddedTokenKeepsItsIdInTheVocabularyOrGetsTheNext() {
    writeDecoder("{\"5\": {\"content\": \"[E1]\"}, \"500\": {\"content\": \"dog\"}}");
    try (Tokenizer tokenizer = Tokenizer.fromPretrained(folder)) {
      assertArrayEquals(new int[] {2, 37, 14, 3}, tokenizer.encode("[E1] Dog").ids());
      assertEquals("the", tokenizer.token(5));
    }
  }

  /** Of a vocabulary with a line twice, whose size is no free id: ids by transformers 5.18. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"<a>\": 37, \"<b>\": 38} | 2 36 37 1 36 3 | <a>",
        "{\"last\": 37, \"<a>\": 38, \"<b>\": 39} | 2 36 37 1 36 3 | <a>",
        "{\"<a>\": 37, \"last\": 38, \"<b>\": 39} | 2 1 31 1 37 1 36 1 36 3 | last",
        "{\"<a>\": 37, \"<b>\": 38, \"last\": 39} | 2 1 31 1 37 1 36 1 36 3 | last"
      })
  void addedTokensMaySharePlacesAsInTransformers(String list, String ids, String shared) {
    String lines = SmallVocabulary.LINES.replace("\nthe\n", "\nthe\nthe\n");
    TestFiles.write(folder.resolve("vocab.txt"), lines.replace("\u0085\n\u2028", "last\n"));
    TestFiles.write(folder.resolve("added_tokens.json"), list);
    try (Tokenizer tokenizer = Tokenizer.fromPretrained(folder)) {
      int[] expected = Arrays.stream(ids.split(" ")).mapToInt(Integer::parseInt).toArray();
      assertArrayEquals(expected, tokenizer.encode("<a><b>xlasty last").ids());
      assertEquals(shared, tokenizer.token(36));
      assertEquals("<b>", tokenizer.token(37));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"split_special_tokens\": \"no\"} | split_special_tokens: \"no\"; true or false is due",
        "{\"extra_special_tokens\": [null]} | extra_special_tokens: null; a token as text",
        "{\"cls_token\": 5} | cls_token: 5; a token as text",
        "{\"extra_special_tokens\": [[]]} | extra_special_tokens: []; a token as text",
        "{\"do_lower_case\": \"no\"} | do_lower_case: \"no\"; true or false is due",
        "{\"strip_accents\": 0} | strip_accents: 0; true or false is due",
        "{\"truncation_side\": \"middle\"} | truncation_side: \"middle\"; \"left\" or \"right\""
      })
  void aValueOfTheWrongKindIsRefused(String config, String reason) {
    SmallVocabulary.write(folder);
    TestFiles.write(folder.resolve("tokenizer_config.json"), config);
    String expected = folder.resolve("tokenizer_config.json") + ": key " + reason;
    assertTrue(refusal().startsWith(expected), refusal());
  }
}
