package io.github.jaubert.train.corpus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.FolderLock;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.files.ArrayWriter;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokenizedCorpusTest {
  private final long seed = Seeds.SEED;

  @TempDir Path folder;
  private Path cache;
  private Path text;
  private Tokenizer tokenizer;
  private List<List<String>> documents;

  @BeforeEach
  void open() throws IOException {
    cache = folder.resolve("cache");
    text = folder.resolve("text");
    tokenizer = RandomText.tokenizer(folder.resolve("tokenizer"), 40);
    documents = RandomText.documents(new Random(seed), 200);
    Files.writeString(text, RandomText.blocks(documents));
  }

  @AfterEach
  void close() {
    tokenizer.close();
  }

  private TokenizedCorpus tokenized() {
    return TokenizedCorpus.of(Corpus.of(text), tokenizer, cache);
  }

  private TokenCache cache(ArrayWriter.Opener opener, int shard) {
    return new TokenCache(Corpus.of(text), tokenizer, cache, opener, shard);
  }

  private static FileOutputStream file(Path path) throws IOException {
    return new FileOutputStream(path.toFile());
  }

  private List<Path> left() throws IOException {
    try (Stream<Path> files = Files.list(cache)) {
      return files.toList();
    }
  }

  /** Against the tokenizer's public way, a paragraph at a time. */
  private void check(TokenizedCorpus tokenized, Tokenizer with, String name) {
    long token = 0;
    assertEquals(documents.size(), tokenized.documents(), name);
    for (int d = 0; d < documents.size(); d++) {
      assertEquals(token, tokenized.documentStart(d), name);
      for (String paragraph : documents.get(d)) {
        int[] ids = with.encode(paragraph).ids();
        for (int i = 1; i < ids.length - 1; i++) {
          assertEquals(ids[i], tokenized.id(token++), name);
        }
      }
    }
    assertEquals(token, tokenized.tokens(), name);
    Random random = new Random(seed);
    for (int i = 0; i < 50; i++) {
      int count = random.nextInt(300);
      long from = random.nextInt((int) token - count);
      int[] copied = new int[count + 2];
      tokenized.copy(from, count, copied, 1);
      for (int j = 0; j < count; j++) {
        assertEquals(tokenized.id(from + j), copied[1 + j], name);
      }
      assertEquals(0, copied[0] + copied[count + 1], name);
    }
    assertEquals(token, tokenized.documentStart(documents.size()), name);
    long sentences =
        documents.stream().flatMap(List::stream).mapToLong(RandomTextEnds::count).sum();
    assertEquals(sentences, tokenized.sentences(), name);
    for (long s = 1; s <= sentences; s++) {
      int last = tokenized.id(tokenized.sentenceStart(s) - 1);
      assertTrue(last == with.id(".") || last == with.id("!"), name + " " + s);
      assertTrue(tokenized.sentenceStart(s) > tokenized.sentenceStart(s - 1), name);
    }
  }

  /** Every full stop and exclamation mark ends a sentence there. */
  private static final class RandomTextEnds {
    private RandomTextEnds() {}

    static long count(String paragraph) {
      return paragraph.chars().filter(c -> c == '.' || c == '!').count();
    }
  }

  @Test
  void tokensAreThoseOfTheText() throws IOException {
    check(tokenized(), tokenizer, "seed " + seed);
    assertEquals(1, left().size());
    // Files of 64 numbers each.
    Path small = folder.resolve("small");
    TokenCache sharded =
        new TokenCache(Corpus.of(text), tokenizer, small, TokenizedCorpusTest::file, 64);
    TokenizedCorpus again = TokenizedCorpus.open(sharded.folder((read, all) -> {}));
    assertTrue(Files.exists(again.folder().resolve("tokens-00009.bin")));
    assertEquals(128, Files.size(again.folder().resolve("tokens-00000.bin")));
    check(again, tokenizer, "seed " + seed);
    assertThrows(IndexOutOfBoundsException.class, () -> again.id(again.tokens()));
  }

  @ParameterizedTest
  @CsvSource({"40000, 2", "65536, 2", "65537, 4"})
  void aLargeVocabularyTakesFourBytes(int vocabulary, int bytes) throws IOException {
    try (Tokenizer large = RandomText.tokenizer(folder.resolve("large"), vocabulary)) {
      assertEquals(vocabulary - 1, large.id("##aa"));
      TokenizedCorpus tokenized = TokenizedCorpus.of(Corpus.of(text), large, cache);
      assertEquals(
          bytes * tokenized.tokens(), Files.size(tokenized.folder().resolve("tokens-00000.bin")));
      check(tokenized, large, "seed " + seed);
    }
  }

  /** More text than is tokenised at once; each time it begins with a document. */
  @Test
  void manyDocumentsAreCounted() {
    int count = 100_000;
    TokenizedCorpus tokenized =
        TokenizedCorpus.of(
            Corpus.of("many", Collections.nCopies(count, "The dog runs.")), tokenizer, cache);
    assertEquals(count, tokenized.documents());
    assertEquals(count, tokenized.sentences());
    assertEquals(5L * count, tokenized.tokens());
  }

  @Test
  void unknownTokensAreCounted() {
    Corpus corpus = Corpus.of("mine", List.of("The dog zzz runs. Zzz?\n\u0001", "\u0001"));
    TokenizedCorpus tokenized = TokenizedCorpus.of(corpus, tokenizer, cache);
    assertEquals(3, tokenized.unknown()); // the question mark, too
    assertEquals(1, tokenized.documents());
    assertEquals(40, tokenized.vocabularySize());
    assertEquals(
        "mine: the tokenizer finds no token in its text",
        assertThrows(
                DataException.class,
                () -> TokenizedCorpus.of(Corpus.of("mine", List.of("\u0001")), tokenizer, cache))
            .getMessage());
  }

  @Test
  void theSameTextAndTokenizerAreTokenisedOnce() throws IOException {
    AtomicInteger told = new AtomicInteger();
    TokenizedCorpus first =
        TokenizedCorpus.of(
            Corpus.of(text), tokenizer, cache, (read, all) -> told.set((int) (100 * read / all)));
    assertEquals(100, told.get());
    Path moved = Files.move(text, folder.resolve("moved"));
    TokenizedCorpus again =
        TokenizedCorpus.of(Corpus.of(moved), tokenizer, cache, (read, all) -> told.set(-1));
    assertEquals(first.folder(), again.folder());
    assertEquals(100, told.get());

    Files.writeString(moved, "!", StandardOpenOption.APPEND);
    Path changed = TokenizedCorpus.of(Corpus.of(moved), tokenizer, cache).folder();
    assertNotEquals(first.folder(), changed);
    Path vocabulary = folder.resolve("tokenizer/vocab.txt");
    Files.writeString(vocabulary, Files.readString(vocabulary).replace("filler0", "filler9"));
    try (Tokenizer other = Tokenizer.fromPretrained(vocabulary.getParent())) {
      assertNotEquals(changed, TokenizedCorpus.of(Corpus.of(moved), other, cache).folder());
    }
  }

  @Test
  void aFullDiskLeavesNothingBehind() throws IOException {
    AtomicInteger room = new AtomicInteger(3000);
    ArrayWriter.Opener full =
        path ->
            new FileOutputStream(path.toFile()) {
              @Override
              public void write(byte[] bytes, int from, int count) throws IOException {
                if (room.addAndGet(-count) < 0) {
                  throw new IOException("No space left on device");
                }
                super.write(bytes, from, count);
              }
            };
    String message =
        assertThrows(CheckpointException.class, () -> cache(full, 256).folder((read, all) -> {}))
            .getMessage();
    assertTrue(
        message.matches(
            "\\Q"
                + cache
                + ": cannot be written: No space left on device; the tokens of "
                + text
                + " need \\Emore than [\\d,]+ bytes, and [\\d,]+ bytes are free"),
        message);
    assertEquals(List.of(), left());
    check(tokenized(), tokenizer, "seed " + seed);
  }

  /** It dies as kill -9 would have it. */
  static final class Killed {
    private Killed() {}

    public static void main(String[] args) {
      Tokenizer tokenizer = Tokenizer.fromPretrained(Path.of(args[0]));
      ArrayWriter.Opener opener =
          path -> {
            if (path.getFileName().toString().equals("tokens-00003.bin")) {
              Runtime.getRuntime().halt(9);
            }
            return file(path);
          };
      new TokenCache(Corpus.of(Path.of(args[1])), tokenizer, Path.of(args[2]), opener, 256)
          .folder((read, all) -> {});
    }
  }

  @Test
  void aHalfCacheIsNotTakenForAWhole() throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    Process killed =
        new ProcessBuilder(
                java,
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Killed.class.getName(),
                folder.resolve("tokenizer").toString(),
                text.toString(),
                cache.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("log").toFile())
            .start();
    assertTrue(killed.waitFor(60, TimeUnit.SECONDS));
    assertEquals(9, killed.exitValue(), () -> "see " + folder.resolve("log"));
    assertTrue(left().stream().anyMatch(path -> path.toString().endsWith(".part")), "" + left());
    TokenizedCorpus tokenized = tokenized();
    check(tokenized, tokenizer, "seed " + seed);
    assertEquals(List.of(tokenized.folder()), left());
    try (Stream<Path> files = Files.list(tokenized.folder())) {
      assertEquals(4, files.count(), "nothing of the killed run");
    }
  }

  @Test
  void anotherRunIsWaitedFor() throws Exception {
    CompletableFuture<TokenizedCorpus> waiting;
    try (FolderLock lock = FolderLock.take(cache)) {
      waiting = CompletableFuture.supplyAsync(this::tokenized);
      assertThrows(
          java.util.concurrent.TimeoutException.class,
          () -> waiting.get(300, TimeUnit.MILLISECONDS),
          () -> "not waiting for " + lock);
    }
    check(waiting.get(30, TimeUnit.SECONDS), tokenizer, "seed " + seed);
  }

  @Test
  void aTextThatChangesMeanwhileIsRefused() throws IOException {
    ArrayWriter.Opener opener =
        path -> {
          Files.writeString(text, "The dog.", StandardOpenOption.APPEND);
          return file(path);
        };
    assertEquals(
        text + ": has changed while it was read",
        assertThrows(DataException.class, () -> cache(opener, 1 << 20).folder((read, all) -> {}))
            .getMessage());
    assertEquals(List.of(), left());
  }

  @Test
  void anInterruptStopsIt() throws IOException {
    Thread.currentThread().interrupt();
    assertThrows(CancellationException.class, this::tokenized);
    assertTrue(Thread.interrupted());
    assertEquals(List.of(), left());
  }

  @Test
  void damagedFilesAreRefused() throws IOException {
    Path made = tokenized().folder();
    Path tokens = made.resolve("tokens-00000.bin");
    byte[] bytes = Files.readAllBytes(tokens);
    Files.write(tokens, Arrays.copyOf(bytes, bytes.length - 1));
    assertEquals(
        tokens
            + ": has %d bytes, not %d; delete the folder, then it is made anew"
                .formatted(bytes.length - 1, bytes.length),
        assertThrows(CheckpointException.class, this::tokenized).getMessage());
    Files.write(tokens, bytes);
    Path index = made.resolve("index.json");
    String json = Files.readString(index);
    List<String> bad = new ArrayList<>();
    bad.add(json.replace("\"version\": 1", "\"version\": 2"));
    bad.add(json.replace("\"shard\": 134217728", "\"shard\": 100"));
    bad.add(json.replace("\"shard\": 134217728", "\"shard\": 0"));
    bad.add(json.replace("\"documents\": 200", "\"documents\": -1"));
    bad.add(json.replace("\"documents\": 200", "\"documents\": \"x\""));
    bad.add(json.replace("\"bytesPerToken\": 2", "\"bytesPerToken\": 9"));
    bad.add("{");
    for (String text : bad) {
      assertFalse(text.equals(json));
      Files.writeString(index, text);
      String message = assertThrows(CheckpointException.class, this::tokenized).getMessage();
      assertTrue(message.startsWith(index.toString()), message);
    }
    Files.delete(index);
    assertThrows(CheckpointException.class, this::tokenized);
  }

  @Test
  void aCacheThatIsAFileIsRefused() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "text");
    assertEquals(
        file + ": is a file; a folder is needed to keep files in",
        assertThrows(
                CheckpointException.class,
                () -> TokenizedCorpus.of(Corpus.of("one", List.of("The dog.")), tokenizer, file))
            .getMessage());
  }
}
