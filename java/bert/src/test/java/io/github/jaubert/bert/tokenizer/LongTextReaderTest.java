package io.github.jaubert.bert.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.fixture.Seeds;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Parts of long texts against the tokens of the whole and against the native library's windows. */
class LongTextReaderTest {
  private static final int SPECIAL = 2; // [CLS] and [SEP]

  @TempDir Path folder;
  private final Random random = new Random(Seeds.SEED);

  @BeforeEach
  void write() {
    SmallVocabulary.write(folder);
  }

  private String text() {
    List<String> words = List.of("a", "very", "good", "film", "!", "filming", "?x", "[MASK]");
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(120); i >= 0; i--) {
      text.append(words.get(random.nextInt(words.size()))).append(' ');
    }
    return text.toString();
  }

  private static int[] inside(Encoding part) {
    return Arrays.copyOfRange(part.ids(), 1, part.length() - 1);
  }

  private static void assertFramed(Encoding part, Encoding whole) {
    assertEquals(whole.ids()[0], part.ids()[0]);
    assertEquals(whole.ids()[whole.length() - 1], part.ids()[part.length() - 1]);
    assertArrayEquals(new int[part.length()], part.typeIds());
  }

  @Test
  void windowsAreThoseOfTheNativeLibrary() {
    for (int trial = 0; trial < 40; trial++) {
      int length = 4 + random.nextInt(30);
      int stride = random.nextInt(length - 3);
      String text = text();
      try (Tokenizer whole = Tokenizer.fromPretrained(folder).withMaxLength(5000);
          Tokenizer tokenizer = whole.withMaxLength(length);
          Windows windows = Windows.of(whole, length + 1, stride)) { // a [SEP] behind no question
        List<Encoding> parts =
            new LongTextReader(tokenizer, LongTextStrategy.windows(stride)).of(text);
        List<Window> expected = windows.of("", text);
        assertEquals(expected.size(), parts.size(), text);
        for (int i = 0; i < parts.size(); i++) {
          Window window = expected.get(i);
          int[] context =
              IntStream.range(0, window.length())
                  .filter(window::isContext)
                  .map(token -> window.encoding().ids()[token])
                  .toArray();
          assertArrayEquals(context, inside(parts.get(i)), text);
          assertFramed(parts.get(i), whole.encode(text));
          assertEquals(parts.size() > 1, parts.get(i).isCut());
        }
      }
    }
  }

  @Test
  void headAndTailAreTheFirstAndTheLastTokens() {
    for (int trial = 0; trial < 40; trial++) {
      int length = 12 + random.nextInt(30);
      double share = 0.2 + 0.6 * random.nextDouble();
      String text = text();
      try (Tokenizer whole = Tokenizer.fromPretrained(folder).withMaxLength(5000);
          Tokenizer tokenizer = whole.withMaxLength(length)) {
        LongTextReader reader = new LongTextReader(tokenizer, LongTextStrategy.headTail(share));
        List<Encoding> parts = reader.of(text);
        int[] all = inside(whole.encode(text));
        assertEquals(1, parts.size());
        Encoding part = parts.get(0);
        assertEquals(all.length > length - SPECIAL, part.isCut());
        assertFramed(part, whole.encode(text));
        if (!part.isCut()) {
          assertArrayEquals(all, inside(part));
          continue;
        }
        int head = (int) Math.round(share * (length - SPECIAL));
        assertEquals(head, reader.head());
        assertEquals(length, part.length());
        for (int i = 0; i < length - SPECIAL; i++) {
          int from = i < head ? i : all.length - (length - SPECIAL) + i;
          assertEquals(all[from], inside(part)[i], text);
        }
      }
    }
  }

  @Test
  void manyTextsAreReadInOrder() {
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < 1100; i++) {
      texts.add(i % 7 == 0 ? text() : "");
    }
    try (Tokenizer tokenizer = Tokenizer.fromPretrained(folder).withMaxLength(9)) {
      LongTextReader reader = new LongTextReader(tokenizer, LongTextStrategy.windows());
      assertEquals(2, reader.strategy().stride(9));
      int[] done = new int[1];
      List<List<Encoding>> all = reader.ofAll(texts, count -> count(done, count));
      assertEquals(texts.size(), done[0]);
      for (int i = 0; i < texts.size(); i++) {
        assertEquals(reader.of(texts.get(i)).toString(), all.get(i).toString());
      }
    }
  }

  private static synchronized void count(int[] done, int more) {
    done[0] += more;
  }

  @Test
  void whatLeavesNoRoomIsRefused() {
    try (Tokenizer tokenizer = Tokenizer.fromPretrained(folder).withMaxLength(6)) {
      for (LongTextStrategy one :
          List.of(
              LongTextStrategy.windows(4),
              LongTextStrategy.headTail(0.1),
              LongTextStrategy.headTail(0.9))) {
        IllegalArgumentException e =
            assertThrows(IllegalArgumentException.class, () -> new LongTextReader(tokenizer, one));
        assertTrue(e.getMessage().contains("of 6 tokens, 2 are special"), e.getMessage());
      }
      assertEquals(1, new LongTextReader(tokenizer, LongTextStrategy.windows(3)).of("a").size());
    }
    assertThrows(IllegalArgumentException.class, () -> LongTextStrategy.windows(-1));
    for (double share : new double[] {0, 1, -0.5, Double.NaN}) {
      assertThrows(IllegalArgumentException.class, () -> LongTextStrategy.headTail(share));
    }
  }

  @Test
  void sunsSplitIsTheUsualOne() {
    try (Tokenizer tokenizer = Tokenizer.fromPretrained(folder).withMaxLength(512)) {
      LongTextReader reader =
          new LongTextReader(
              tokenizer, LongTextStrategy.headTail(LongTextStrategy.USUAL_HEAD_SHARE));
      assertEquals(128, reader.head());
      assertEquals(382, reader.tail());
    }
  }
}
