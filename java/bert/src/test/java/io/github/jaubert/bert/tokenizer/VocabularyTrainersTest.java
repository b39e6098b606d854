package io.github.jaubert.bert.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.fixture.Seeds;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VocabularyTrainersTest {
  private static final List<String> TEXTS =
      List.of(
          "The quick brown fox jumps over the lazy dog.",
          "The dogs jumped; foxes were jumping, too: naïve cafés!",
          "東京 is a city. Quickly, quicker, the quickest.");

  @TempDir Path folder;

  private static List<String> tokens(Tokenizer tokenizer) {
    String[] tokens = new String[tokenizer.vocabularySize()];
    Arrays.setAll(tokens, tokenizer::token);
    return List.of(tokens);
  }

  private static List<String> tokens(WordPieceTrainer trainer, Iterable<String> texts) {
    try (Tokenizer tokenizer = trainer.train(texts)) {
      return tokens(tokenizer);
    }
  }

  private static List<String> tokens(ByteLevelBpeTrainer trainer, Iterable<String> texts) {
    try (Tokenizer tokenizer = trainer.train(texts)) {
      return tokens(tokenizer);
    }
  }

  /** What is logged meanwhile. */
  private static String warnings(Supplier<Tokenizer> train) {
    PrintStream before = System.err;
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
    try (Tokenizer tokenizer = train.get()) {
      return log.toString(StandardCharsets.UTF_8);
    } finally {
      System.setErr(before);
    }
  }

  private static String refusal(Supplier<Tokenizer> train) {
    return assertThrows(IllegalArgumentException.class, train::get).getMessage();
  }

  // ---- what comes out ----

  @Test
  void learnsWhatStandsTogetherMostOften() {
    // 5 special tokens, a b c, ##a ##b ##c, and of 7 times "ab", 3 times "abc" and 2 times "ca":
    assertEquals(
        "[PAD] [UNK] [CLS] [SEP] [MASK] a b c ##a ##b ##c ab abc ca",
        String.join(
            " ", tokens(WordPieceTrainer.of(14), List.of("ab ab ab ab abc", "abc ca ca abc"))));
  }

  @Test
  void savedFoldersEncodeAlike() {
    String text = "The naïve fox, quickly: [MASK] 東京 jumping!";
    Path pieces = folder.resolve("pieces");
    Path bytes = folder.resolve("bytes");
    try (Tokenizer tokenizer = WordPieceTrainer.of(90).train(TEXTS);
        Tokenizer other = ByteLevelBpeTrainer.of(300).train(TEXTS)) {
      assertEquals(
          "[tokenizer.json, vocab.txt, tokenizer_config.json, special_tokens_map.json]",
          sortedLike(tokenizer.files().files().keySet()).toString());
      assertEquals(512, tokenizer.maxLength());
      assertTrue(tokenizer.marksSubwords());
      assertFalse(other.marksSubwords());
      assertEquals(1, tokenizer.unknownId());
      tokenizer.save(pieces);
      other.save(bytes);
      try (Tokenizer loaded = Tokenizer.fromPretrained(pieces);
          Tokenizer loadedOther = Tokenizer.fromPretrained(bytes)) {
        assertEquals(tokens(tokenizer), tokens(loaded));
        assertArrayEquals(tokenizer.encode(text).ids(), loaded.encode(text).ids());
        assertArrayEquals(
            tokenizer.encode(text, text).typeIds(), loaded.encode(text, text).typeIds());
        assertTrue(Arrays.stream(loaded.encode(text).ids()).anyMatch(id -> id == 4));
        assertEquals(tokens(other), tokens(loadedOther));
        assertArrayEquals(other.encode(text).ids(), loadedOther.encode(text).ids());
        assertEquals(text, loadedOther.decode(loadedOther.encode(text).ids()));
        String masked = "fox <mask>!";
        String[] found = loadedOther.encode(masked, "").tokens();
        assertEquals("<mask>", found[found.length - 5], Arrays.toString(found));
        assertEquals("</s>", found[found.length - 1]);
      }
    }
  }

  private static List<String> sortedLike(Iterable<String> names) {
    List<String> order =
        List.of("tokenizer.json", "vocab.txt", "tokenizer_config.json", "special_tokens_map.json");
    List<String> all = new ArrayList<>();
    names.forEach(all::add);
    all.sort((a, b) -> order.indexOf(a) - order.indexOf(b));
    return all;
  }

  @Test
  void modelsSaveIt() {
    try (Tokenizer tokenizer = WordPieceTrainer.of(70).train(TEXTS);
        SequenceClassifier model =
            SequenceClassifier.of(
                BertConfig.bertBase()
                    .withVocabSize(tokenizer.vocabularySize())
                    .withEncoder(20, 1, 2, 30),
                Labels.of("no", "yes"))) {
      model.save(folder, tokenizer);
      for (String name : tokenizer.files().files().keySet()) {
        assertTrue(Files.exists(folder.resolve(name)), name);
      }
      try (Tokenizer loaded = Tokenizer.fromPretrained(folder)) {
        assertEquals(tokens(tokenizer), tokens(loaded));
        assertEquals(
            tokenizer.encode(TEXTS.get(1)).toString(), loaded.encode(TEXTS.get(1)).toString());
      }
    }
  }

  @Test
  void settingsAreInTheConfigAndMakeAnotherTrainer() {
    WordPieceTrainer trainer = WordPieceTrainer.of(90);
    assertNotEquals(tokens(trainer, TEXTS), tokens(trainer.lowercase(false), TEXTS));
    try (Tokenizer tokenizer =
        trainer.lowercase(false).stripAccents(true).splitChinese(false).train(TEXTS)) {
      var config =
          JsonFiles.parseObject("c", tokenizer.files().files().get("tokenizer_config.json"));
      assertFalse(config.get("do_lower_case").asBoolean(true));
      assertTrue(config.get("strip_accents").asBoolean());
      assertFalse(config.get("tokenize_chinese_chars").asBoolean(true));
      assertTrue(tokens(tokenizer).contains("T"));
      assertFalse(tokens(tokenizer).contains("ï"));
      assertTrue(tokens(tokenizer).contains("##京"));
    }
    assertTrue(tokens(trainer, TEXTS).contains("t"), "it is as it was");
  }

  @Test
  void orderAndPlaceOfTextsDoNotCount() {
    long seed = Seeds.SEED;
    Random random = new Random(seed);
    List<String> words = new ArrayList<>();
    for (int i = 0; i < 3000; i++) {
      StringBuilder word = new StringBuilder();
      for (int j = random.nextInt(10); j >= 0; j--) {
        word.append(List.of("a", "b", "c", "é", "東", "😀").get(random.nextInt(6)));
      }
      words.add(word.toString());
    }
    WordPieceTrainer trainer = WordPieceTrainer.of(150);
    List<String> expected = tokens(trainer, words);
    Collections.shuffle(words, random);
    assertEquals(expected, tokens(trainer, words), () -> "-Djaubert.seed=" + seed);
    assertEquals(
        expected,
        tokens(trainer, List.of(String.join(" ", words))),
        () -> "-Djaubert.seed=" + seed);
    Stream<String> stream = words.stream();
    assertEquals(expected, tokens(trainer, stream::iterator), () -> "-Djaubert.seed=" + seed);
  }

  // ---- odd texts ----

  @Test
  void halfASurrogatePairIsAsWhenEncoding() {
    List<String> halves = List.of("ab\uD800 ab \uDC00ab", "\uD83D", "ab", "\uDE00\uD83D ab");
    WordPieceTrainer pieces = WordPieceTrainer.of(8);
    assertEquals(tokens(pieces, List.of("ab ab ab ab ab")), tokens(pieces, halves));
    List<String> replaced = halves.stream().map(t -> t.replaceAll("\\p{Cs}", "\uFFFD")).toList();
    ByteLevelBpeTrainer bytes = ByteLevelBpeTrainer.of(270);
    assertEquals(tokens(bytes, replaced), tokens(bytes, halves));
  }

  @Test
  void longWordsAreLeftOut() {
    String million = "xyz".repeat(333_334);
    String thousand = "ab".repeat(500);
    String warnings =
        warnings(
            () -> {
              Tokenizer tokenizer =
                  WordPieceTrainer.of(12).train(List.of(thousand, "ab " + million + " ab"));
              assertFalse(tokens(tokenizer).contains("x"), "its characters do not count");
              assertTrue(tokens(tokenizer).contains("##abab"), "a word of 1,000 does");
              return tokenizer;
            });
    assertTrue(warnings.contains("1 words of more than 1000 characters"), warnings);
    assertTrue(warnings.contains("1000002"), warnings);
    for (Supplier<Tokenizer> train :
        List.<Supplier<Tokenizer>>of(
            () -> WordPieceTrainer.of(100).train(List.of(million)),
            () -> ByteLevelBpeTrainer.of(300).train(List.of(million)))) {
      String refusal = refusal(train);
      assertTrue(refusal.contains("no words"), refusal);
      assertTrue(refusal.contains("1,000,002 characters"), refusal);
    }
  }

  @Test
  void textsWithoutWordsAreRefused() {
    for (List<String> texts : List.of(List.<String>of(), List.of("", " \n", "\u0000\u200B"))) {
      String refusal = refusal(() -> WordPieceTrainer.of(100).train(texts));
      assertTrue(refusal.contains("no words"), refusal);
      assertTrue(refusal.contains(texts.size() + " texts"), refusal);
    }
    assertTrue(refusal(() -> ByteLevelBpeTrainer.of(300).train(List.of(""))).contains("no words"));
    String refusal = refusal(() -> WordPieceTrainer.of(99).train(Arrays.asList("a", null)));
    assertTrue(refusal.contains("number 1"), refusal);
  }

  // ---- sizes ----

  @Test
  void aSmallerVocabularyIsMadeWithAWarning() {
    String warnings = warnings(() -> WordPieceTrainer.of(1000).train(TEXTS));
    assertEquals(1, warnings.lines().count(), warnings);
    int size = tokens(WordPieceTrainer.of(1000), TEXTS).size();
    assertTrue(warnings.contains("1000 tokens were wanted"), warnings);
    assertTrue(warnings.contains("only " + size + ":"), warnings);
    assertTrue(warnings.contains("2 times"), warnings);
    assertEquals("", warnings(() -> WordPieceTrainer.of(size).train(TEXTS)));
  }

  @Test
  void anAlphabetThatDoesNotFitIsRefused() {
    // 5 special tokens, a to f, and ##b, ##d, ##f.
    List<String> texts = List.of("ab cd ef");
    assertEquals(14, tokens(WordPieceTrainer.of(14), texts).size());
    String refusal = refusal(() -> WordPieceTrainer.of(13).train(texts));
    assertTrue(refusal.contains("13 tokens"), refusal);
    assertTrue(refusal.contains("14 tokens or more"), refusal);
    assertEquals(
        List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b", "##b"),
        tokens(WordPieceTrainer.of(8).limitAlphabet(2), texts),
        "of as many times, the first are kept");
  }

  @Test
  void impossibleSettingsAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> WordPieceTrainer.of(5));
    assertThrows(IllegalArgumentException.class, () -> WordPieceTrainer.of(-1));
    assertThrows(IllegalArgumentException.class, () -> WordPieceTrainer.of(10_000_001));
    assertThrows(IllegalArgumentException.class, () -> ByteLevelBpeTrainer.of(260));
    assertEquals(261, tokens(ByteLevelBpeTrainer.of(261), TEXTS).size());
    WordPieceTrainer trainer = WordPieceTrainer.of(100);
    assertThrows(IllegalArgumentException.class, () -> trainer.minFrequency(0));
    assertThrows(IllegalArgumentException.class, () -> trainer.limitAlphabet(0));
    for (String bad : List.of("a b", "\n", "\u3000", "a\uD800", "\u0007")) {
      assertThrows(IllegalArgumentException.class, () -> trainer.initialAlphabet(bad));
    }
    WordPieceTrainer narrow = trainer.initialAlphabet("abc").limitAlphabet(2);
    assertThrows(IllegalArgumentException.class, () -> narrow.train(TEXTS));
  }

  // ---- progress and interrupts ----

  /** Remembers what it was told. */
  private static class Told implements VocabularyListener {
    final List<Long> texts = new ArrayList<>();
    final List<Integer> tokens = new ArrayList<>();
    long characters;

    @Override
    public void counted(long read, long ofThese) {
      texts.add(read);
      characters = ofThese;
    }

    @Override
    public void learned(int made, int wanted) {
      assertEquals(700, wanted);
      tokens.add(made);
    }
  }

  private static final String LINE = "Every good boy does fine, and every fine boy deserves one. ";

  private static List<String> manyWords(long seed) {
    Random random = new Random(seed);
    return Stream.generate(() -> Integer.toString(random.nextInt(100_000), 36))
        .limit(3000)
        .toList();
  }

  @Test
  void progressIsTold() {
    Told told = new Told();
    List<String> texts = new ArrayList<>(Collections.nCopies(8, LINE.repeat(10_000)));
    texts.addAll(manyWords(1));
    try (Tokenizer tokenizer = WordPieceTrainer.of(700).listener(told).train(texts)) {
      assertEquals(700, tokenizer.vocabularySize());
    }
    assertEquals((long) texts.size(), told.texts.get(told.texts.size() - 1));
    assertTrue(told.texts.size() > 1 && told.texts.get(0) < 10, told.texts.toString());
    assertEquals(texts.stream().mapToLong(String::length).sum(), told.characters);
    assertEquals(List.of(256, 512, 700), told.tokens);
    IllegalStateException own = new IllegalStateException();
    VocabularyListener broken =
        new VocabularyListener() {
          @Override
          public void learned(int made, int wanted) {
            throw own;
          }
        };
    ByteLevelBpeTrainer trainer = ByteLevelBpeTrainer.of(700).listener(broken);
    assertSame(own, assertThrows(RuntimeException.class, () -> trainer.train(manyWords(1))));
  }

  @Test
  void anInterruptEndsReading() {
    Iterable<String> endless = Stream.generate(() -> LINE)::iterator;
    Thread.currentThread().interrupt();
    try {
      var e =
          assertThrows(CancellationException.class, () -> WordPieceTrainer.of(700).train(endless));
      assertTrue(e.getMessage().contains("texts were read"), e.getMessage());
    } finally {
      assertTrue(Thread.interrupted(), "the flag remains");
    }
  }

  @Test
  void anInterruptEndsLearning() {
    VocabularyListener interrupting =
        new VocabularyListener() {
          @Override
          public void learned(int made, int wanted) {
            Thread.currentThread().interrupt();
          }
        };
    try {
      var e =
          assertThrows(
              CancellationException.class,
              () -> WordPieceTrainer.of(700).listener(interrupting).train(manyWords(2)));
      assertTrue(e.getMessage().contains("256 of 700"), e.getMessage());
    } finally {
      assertTrue(Thread.interrupted(), "the flag remains");
    }
  }
}
