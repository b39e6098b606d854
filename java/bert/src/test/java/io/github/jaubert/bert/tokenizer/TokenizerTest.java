package io.github.jaubert.bert.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.TestFiles;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokenizerTest {
  @TempDir Path folder;
  private Tokenizer tokenizer;

  @BeforeEach
  void open() {
    SmallVocabulary.write(folder);
    tokenizer = Tokenizer.fromPretrained(folder);
  }

  @AfterEach
  void close() {
    tokenizer.close();
  }

  private String tokens(String text) {
    return String.join(" ", tokenizer.encode(text).tokens());
  }

  @Test
  void splitsIntoWordPieces() {
    Encoding encoding = tokenizer.encode("The quick foxes");
    assertArrayEquals(new int[] {2, 5, 6, 8, 9, 3}, encoding.ids());
    assertArrayEquals(new int[] {0, 0, 0, 0, 0, 0}, encoding.typeIds());
    assertArrayEquals(
        new String[] {"[CLS]", "the", "quick", "fox", "##es", "[SEP]"}, encoding.tokens());
    assertEquals(6, encoding.length());
  }

  @Test
  void encodesPairs() {
    Encoding encoding = tokenizer.encode("the dog", "a fox.");
    assertEquals("[[CLS], the, dog, [SEP], a, fox, ., [SEP]]", encoding.toString());
    assertArrayEquals(new int[] {0, 0, 0, 0, 1, 1, 1, 1}, encoding.typeIds());
    assertArrayEquals(new int[] {0, 1}, encoding.offsets()[4]);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "naïve café | [CLS] naive cafe [SEP]",
        "NAI\u0308VE | [CLS] naive [SEP]",
        "東京! | [CLS] 東 京 ! [SEP]",
        "the   \t dog | [CLS] the dog [SEP]",
        "xylophone | [CLS] [UNK] [SEP]",
        "[MASK] fox [PAD] | [CLS] [MASK] fox [PAD] [SEP]",
        "'' | [CLS] [SEP]",
        "' ' | [CLS] [SEP]",
        "\uFFFD | [CLS] [SEP]",
        "a\u0000b | [CLS] [UNK] [SEP]",
        "😀 | [CLS] [UNK] [SEP]"
      })
  void normalisesAsBertDoes(String text, String expected) {
    assertEquals(expected, tokens(text));
  }

  @Test
  void aLoneSurrogateCountsAsTheReplacementCharacter() {
    assertEquals("[CLS] the dog [SEP]", tokens("the \uD83D dog"));
    assertEquals("[CLS] the dog [SEP]", tokens("\uDE00the dog\uD83D"));
    assertEquals(
        "[CLS] [UNK] dog [SEP]", tokens("\uD83D\uDE00 dog"), "a whole pair is a character");
  }

  @Test
  void aNullTextIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> tokenizer.encode(null));
  }

  @Test
  void offsetsPointIntoTheJavaString() {
    String text = "😀 Naïve 東fox😀😀 dog";
    Encoding encoding = tokenizer.encode(text);
    List<String> pieces = new ArrayList<>();
    for (int[] span : encoding.offsets()) {
      pieces.add(text.substring(span[0], span[1]));
    }
    assertEquals(List.of("", "😀", "Naïve", "東", "fox😀😀", "dog", ""), pieces);
  }

  @Test
  void truncatesTheLongerOfAPairFirst() {
    try (Tokenizer shorter = tokenizer.withMaxLength(8)) {
      assertEquals(
          "[[CLS], the, the, the, [SEP], a, b, [SEP]]",
          shorter.encode("the the the the the the", "a b").toString());
      assertEquals(
          "[[CLS], a, [SEP], the, the, the, the, [SEP]]",
          shorter.encode("a", "the the the the the the").toString());
      assertEquals(
          "[[CLS], a, a, [SEP], b, b, b, [SEP]]",
          shorter.encode("a a a a a a", "b b b b b b").toString());
      // tokenizers 0.23 counts to the end of the word of token 8, but on behind an added token.
      String eight = "b ".repeat(8);
      assertEquals(
          "[[CLS], a, a, [SEP], b, b, b, [SEP]]",
          shorter.encode("a a a a a a a unknown a a", eight).toString());
      assertEquals(
          "[[CLS], a, a, a, [SEP], b, b, [SEP]]",
          shorter.encode("a a a a a a a [UNK] a a", eight).toString());
      assertEquals("[[CLS], a, a, a, a, a, a, [SEP]]", shorter.encode("a ".repeat(100)).toString());
    }
    assertEquals(102, tokenizer.encode("a ".repeat(100)).length(), "the first one is unchanged");
    assertEquals(512, tokenizer.encode("a ".repeat(10_000)).length());
  }

  @Test
  void theSideThatIsCutIsSavedAgain() throws IOException {
    TestFiles.write(folder.resolve("tokenizer_config.json"), "{\"truncation_side\": \"left\"}");
    Path out = folder.resolve("out");
    try (Tokenizer left = Tokenizer.fromPretrained(folder);
        Tokenizer shorter = left.withMaxLength(4)) {
      assertEquals("[[CLS], fox, a, [SEP]]", shorter.encode("the fox a").toString());
      shorter.save(out);
    }
    for (int round = 0; round < 2; round++) {
      try (Tokenizer again = Tokenizer.fromPretrained(out)) {
        assertEquals("[[CLS], fox, a, [SEP]]", again.encode("the fox a").toString());
      }
      Files.deleteIfExists(out.resolve("tokenizer.json")); // then the others must do
    }
  }

  @Test
  void theShortestMaximumIsThree() {
    try (Tokenizer shortest = tokenizer.withMaxLength(3)) {
      assertEquals("[[CLS], a, [SEP]]", shortest.encode("a b").toString());
      assertEquals("[[CLS], [SEP], [SEP]]", shortest.encode("a b", "c d").toString());
    }
    assertThrows(IllegalArgumentException.class, () -> tokenizer.withMaxLength(2));
  }

  @Test
  void theMaximumLengthIsTheSmallerOfTokenizerAndModel() {
    assertEquals(512, tokenizer.maxLength());
    TestFiles.write(folder.resolve("config.json"), "{\"max_position_embeddings\": 24}");
    assertMaxLength(24);
    TestFiles.write(folder.resolve("tokenizer_config.json"), "{\"model_max_length\": 16}");
    assertMaxLength(16);
    TestFiles.write(
        folder.resolve("tokenizer_config.json"),
        "{\"model_max_length\": 1000000000000000019884624838656}");
    assertMaxLength(24);
  }

  private void assertMaxLength(int expected) {
    try (Tokenizer other = Tokenizer.fromPretrained(folder)) {
      assertEquals(expected, other.maxLength());
    }
  }

  @Test
  void honoursTheSettingsOfAnOldFolder() {
    TestFiles.write(
        folder.resolve("tokenizer_config.json"),
        "{\"do_lower_case\": false, \"tokenize_chinese_chars\": false, \"sep_token\": {\"content\": \"[MASK]\"}}");
    TestFiles.write(folder.resolve("added_tokens.json"), "{\"<new>\": 37}");
    try (Tokenizer cased = Tokenizer.fromPretrained(folder)) {
      assertEquals(
          "[[CLS], The, naïve, [UNK], <new>, [MASK]]",
          cased.encode("The naïve 東京 <new>").toString());
      assertEquals(38, cased.vocabularySize());
    }
  }

  /**
   * tokenizer.json with padding and truncation to 6 built in, as sentence-transformers' files have
   * them.
   */
  private byte[] padded() {
    ObjectNode json = JsonFiles.parseObject("tokenizer.json", tokenizer.files().tokenizerJson());
    json.set(
        "truncation",
        JsonFiles.parseObject(
            "",
            "{\"direction\":\"Right\",\"max_length\":6,\"strategy\":\"OnlyFirst\",\"stride\":0}"
                .getBytes(StandardCharsets.UTF_8)));
    json.set(
        "padding",
        JsonFiles.parseObject(
            "",
            ("{\"strategy\":{\"Fixed\":6},\"direction\":\"Right\",\"pad_to_multiple_of\":8,\"pad_id\":0,\"pad_type_id\":0,"
                    + "\"pad_token\":\"[PAD]\"}")
                .getBytes(StandardCharsets.UTF_8)));
    return JsonFiles.format(json);
  }

  @Test
  void overridesPaddingAndTruncationOfTheFileButKeepsThemInIt() throws IOException {
    byte[] json = padded();
    try (Tokenizer read = Tokenizer.fromJson("x/tokenizer.json", new ByteArrayInputStream(json))) {
      assertEquals("[[CLS], a, [SEP]]", read.encode("a").toString());
      assertEquals(22, read.encode("a ".repeat(20)).length());
      Path out = folder.resolve("out");
      read.save(out);
      assertArrayEquals(json, Files.readAllBytes(out.resolve("tokenizer.json")));
      assertEquals(SmallVocabulary.LINES + "\n", Files.readString(out.resolve("vocab.txt")));
      ObjectNode config = JsonFiles.readObject(out.resolve("tokenizer_config.json"));
      assertEquals(512, config.get("model_max_length").asInt());
      assertTrue(config.get("do_lower_case").asBoolean());
    }
  }

  @Test
  void savesAndReadsBackTheSame() throws IOException {
    Path out = folder.resolve("out");
    tokenizer.save(out);
    for (int round = 0; round < 2; round++) {
      try (Tokenizer again = Tokenizer.fromPretrained(out)) {
        String text = "Naïve foxes, 東京 [MASK]!";
        assertArrayEquals(tokenizer.encode(text).ids(), again.encode(text).ids());
        assertEquals(tokenizer.files().files().keySet(), again.files().files().keySet());
        tokenizer
            .files()
            .files()
            .forEach(
                (name, bytes) -> assertArrayEquals(bytes, again.files().files().get(name), name));
      }
      Files.deleteIfExists(out.resolve("tokenizer.json")); // then the others must do
    }
    assertNull(
        JsonFiles.parseObject("", tokenizer.files().tokenizerJson()).get("padding").textValue());
  }

  @Test
  void encodesAllInOrderWithAllCores() {
    Random random = new Random(1);
    String[] words = SmallVocabulary.LINES.split("\n");
    List<String> texts = new ArrayList<>();
    List<String> pairs = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      StringBuilder text = new StringBuilder();
      for (int k = random.nextInt(12); k > 0; k--) {
        text.append(words[random.nextInt(words.length)]).append(' ');
      }
      texts.add(text.toString());
      pairs.add(i % 3 == 0 ? null : "pair " + i);
    }
    AtomicInteger done = new AtomicInteger();
    List<Encoding> all = tokenizer.encodeAll(texts, pairs, done::addAndGet);
    assertEquals(1000, done.get());
    for (int i = 0; i < 1000; i++) {
      assertArrayEquals(
          tokenizer.encode(texts.get(i), pairs.get(i)).ids(), all.get(i).ids(), "text " + i);
    }
    assertEquals(0, tokenizer.encodeAll(List.of()).size());
    assertThrows(
        IllegalArgumentException.class, () -> tokenizer.encodeAll(texts, List.of("one"), n -> {}));
    assertThrows(
        IllegalArgumentException.class, () -> tokenizer.encodeAll(Arrays.asList("a", null)));
  }

  @Test
  void knowsItsVocabulary() {
    assertEquals(37, tokenizer.vocabularySize());
    assertEquals(4, tokenizer.id("[MASK]"));
    assertThrows(IllegalArgumentException.class, () -> tokenizer.id("xylophone"));
    assertEquals("the foxes", tokenizer.decode(2, 5, 8, 9, 3));
  }

  // ---- bad files ----

  private String refusal() {
    return assertThrows(CheckpointException.class, () -> Tokenizer.fromPretrained(folder))
        .getMessage();
  }

  @Test
  void refusesAVocabularyThatIsNoUtf8() {
    TestFiles.write(
        folder.resolve("vocab.txt"),
        new byte[] {'[', 'P', 'A', 'D', ']', '\n', (byte) 0xE9, 'x', '\n'});
    assertEquals(folder.resolve("vocab.txt") + ": byte 6 is not UTF-8", refusal());
  }

  @Test
  void refusesAVocabularyWithoutItsUnknownToken() {
    TestFiles.write(folder.resolve("vocab.txt"), "[PAD]\n[CLS]\n[SEP]\n");
    assertEquals(
        folder.resolve("vocab.txt")
            + ": has no token '[UNK]', the unk_token, for words that it does not know",
        refusal());
    TestFiles.write(folder.resolve("vocab.txt"), "");
    assertEquals(folder.resolve("vocab.txt") + ": is empty", refusal());
  }

  @Test
  void refusesATokenizerThatIsNone() {
    Path file = folder.resolve("tokenizer.json");
    TestFiles.write(file, "{\"model\": {");
    assertTrue(refusal().startsWith(file + ": is not valid JSON at line 1"), refusal());
    TestFiles.write(file, "{}");
    assertTrue(refusal().startsWith(file + ": model.vocab is missing"), refusal());
    TestFiles.write(file, "{\"model\": {\"vocab\": {\"a\": -1}}}");
    assertTrue(refusal().startsWith(file + ": key model.vocab.a: the id is -1; "), refusal());
    TestFiles.write(file, "{\"model\": {\"vocab\": {\"[UNK]\": 2000000}}}");
    assertTrue(refusal().startsWith(file + ": has 1 tokens, but an id of 2000000"), refusal());
    TestFiles.write(file, "{\"model\": {\"type\": \"None\", \"vocab\": {\"a\": 0}}}");
    assertTrue(refusal().startsWith(folder + ": is no tokenizer: "), refusal());
  }

  @Test
  void namesTheFileWhateverTheFolderOrTheStreamIsCalled() throws IOException {
    Path other = Files.createDirectory(folder.resolve("a.json"));
    TestFiles.write(other.resolve("tokenizer.json"), "{}");
    CheckpointException error =
        assertThrows(CheckpointException.class, () -> Tokenizer.fromPretrained(other));
    assertEquals(other.resolve("tokenizer.json").toString(), error.file());
    ByteArrayInputStream stream = new ByteArrayInputStream("{}".getBytes(StandardCharsets.UTF_8));
    error =
        assertThrows(CheckpointException.class, () -> Tokenizer.fromJson("my resource", stream));
    assertEquals("my resource", error.file());
  }

  @Test
  void saysWhatIsMissing() throws IOException {
    Files.delete(folder.resolve("vocab.txt"));
    assertEquals(
        folder + ": has neither tokenizer.json nor vocab.txt, nor a model of SentencePiece",
        refusal());
  }

  @Test
  void aClosedTokenizerSaysSo() {
    Tokenizer tokenizer = Tokenizer.fromPretrained(folder);
    tokenizer.close();
    String message =
        assertThrows(IllegalStateException.class, () -> tokenizer.encode("the fox")).getMessage();
    assertEquals("this Tokenizer is closed", message);
    assertThrows(IllegalStateException.class, () -> tokenizer.encode("the", "fox"));
    assertThrows(IllegalStateException.class, () -> tokenizer.decode(1));
  }

  @Test
  void closingWhileOtherThreadsEncodeEndsThemWithOneClearError() throws Exception {
    List<String> texts = Collections.nCopies(20_000, "the quick brown fox jumps over the lazy dog");
    for (int round = 0; round < 20; round++) {
      Tokenizer tokenizer = Tokenizer.fromPretrained(folder);
      CountDownLatch started = new CountDownLatch(1);
      CompletableFuture<List<Encoding>> work =
          CompletableFuture.supplyAsync(
              () -> tokenizer.encodeAll(texts, null, done -> started.countDown()));
      started.await();
      tokenizer.close();
      ExecutionException error = assertThrows(ExecutionException.class, work::get);
      assertEquals(IllegalStateException.class, error.getCause().getClass());
    }
  }

  // ---- the network ----

  /**
   * Makes a tokenizer in a fresh virtual machine where every attempt to open a URL ends the
   * program.
   */
  static final class Offline {
    public static void main(String[] arguments) {
      java.net.URL.setURLStreamHandlerFactory(
          protocol -> {
            if (protocol.startsWith("http")) {
              System.out.println("tried " + protocol);
              Runtime.getRuntime().halt(7);
            }
            return null;
          });
      try (Tokenizer tokenizer = Tokenizer.fromPretrained(Path.of(arguments[0]))) {
        System.out.println(tokenizer.encode("the fox"));
      }
      System.out.println(System.getProperty("ai.djl.offline"));
    }
  }

  @Test
  void opensNoConnectionEvenTheFirstTime() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-DDJL_CACHE_DIR=" + folder.resolve("empty-cache"),
                "-cp",
                System.getProperty("java.class.path"),
                Offline.class.getName(),
                folder.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    assertEquals("[[CLS], the, fox, [SEP]]\nnull\n", output);
    assertEquals(0, process.exitValue());
  }
}
