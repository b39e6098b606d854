package io.github.jaubert.train.corpus;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.fixture.Seeds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MaskingTest {
  private static final int VOCABULARY = 400;
  private static final int SPECIAL = 5;
  private static final int MASK = 4;

  /** Fresh draws in every run; failures say which. */
  private static final long SEED = Seeds.SEED;

  @TempDir static Path folder;
  private static Tokenizer tokenizer;

  private final Random random = new Random(SEED);

  @BeforeAll
  static void open() throws IOException {
    tokenizer = RandomText.tokenizer(folder.resolve("tokenizer"), VOCABULARY);
    assertEquals(Set.of(0, 1, 2, 3, 4), tokenizer.specialIds());
  }

  @AfterAll
  static void close() {
    tokenizer.close();
  }

  /** [CLS] … [SEP], with so many tokens of any kind between them. */
  private int[] sequence(int length) {
    int[] ids = new int[length + 2];
    ids[0] = tokenizer.id("[CLS]");
    ids[length + 1] = tokenizer.id("[SEP]");
    for (int i = 1; i <= length; i++) {
      ids[i] = SPECIAL + random.nextInt(VOCABULARY - SPECIAL);
    }
    return ids;
  }

  private static String name(String what) {
    return "seed " + SEED + ", " + what;
  }

  @Test
  void aShareOfTheTokensIsChosenAtEveryLength() {
    for (double rate : new double[] {0.15, 0.3}) {
      Masking masking = Masking.of(tokenizer).rate(rate);
      for (int length = 1; length <= 70; length += 1 + length / 9) {
        double due = rate * length;
        int trials = 2000;
        long more = 0;
        for (int i = 0; i < trials; i++) {
          int chosen = masking.mask(sequence(length), SEED, i, length).rows().length;
          assertTrue(chosen >= 1 && chosen <= Math.ceil(due) && chosen >= Math.floor(due));
          more += chosen > Math.floor(due) ? 1 : 0;
        }
        if (due > 1 && due != Math.floor(due)) {
          Binomial.check(name("length " + length), more, trials, due - Math.floor(due));
        }
      }
    }
  }

  @Test
  void whatIsChosenIsMaskedReplacedOrKept() {
    checkSplit(Masking.of(tokenizer), 0.8, 0.1);
    checkSplit(Masking.of(tokenizer).split(0.5, 0.3), 0.5, 0.3);
    checkSplit(Masking.of(tokenizer).wholeWords(), 0.8, 0.1);
  }

  private void checkSplit(Masking masking, double toMask, double toRandom) {
    long all = 0;
    long masked = 0;
    long kept = 0;
    long[] drawn = new long[VOCABULARY - SPECIAL];
    for (int i = 0; i < 4000; i++) {
      int[] ids = sequence(126);
      Masked result = masking.mask(ids, SEED, 7, i);
      for (int j = 0; j < result.rows().length; j++) {
        int now = result.ids()[result.rows()[j]];
        all++;
        masked += now == MASK ? 1 : 0;
        kept += now == result.labels()[j] ? 1 : 0;
        if (now != MASK && now != result.labels()[j]) {
          drawn[now - SPECIAL]++; // fails for a special token
        }
      }
    }
    double changed = toRandom * (1 - 1.0 / drawn.length);
    Binomial.check(name(masking + ": masked"), masked, all, toMask);
    Binomial.check(name(masking + ": kept"), kept, all, 1 - toMask - changed);
    Binomial.checkUniform(name(masking + ": drawn"), drawn);
  }

  @Test
  void everyPlaceIsAsLikelyAndSpecialTokensNeverAre() {
    int[] ids = sequence(60);
    Set<Integer> special = Set.of(0, 10, 11, 33, 61);
    ids[10] = tokenizer.id("[SEP]");
    ids[11] = tokenizer.id("[UNK]");
    ids[33] = tokenizer.id("[MASK]");
    long[] chosen = new long[ids.length];
    for (int step = 0; step < 20_000; step++) {
      Masked result = Masking.of(tokenizer).mask(ids, SEED, step, 3);
      int[] expected = ids.clone();
      int before = -1;
      for (int j = 0; j < result.rows().length; j++) {
        int row = result.rows()[j];
        assertTrue(row > before, "ascending");
        before = row;
        chosen[row]++;
        assertEquals(ids[row], result.labels()[j]);
        expected[row] = result.ids()[row];
      }
      assertArrayEquals(expected, result.ids(), "nothing else is changed");
    }
    List<Long> counts = new ArrayList<>();
    for (int i = 0; i < ids.length; i++) {
      if (special.contains(i)) {
        assertEquals(0, chosen[i]);
      } else {
        counts.add(chosen[i]);
        Binomial.check(name("place " + i), chosen[i], 20_000, 0.15);
      }
    }
    assertEquals(57, counts.size());
  }

  @Test
  void masksAreAFunctionOfSeedStepAndSequence() {
    int[] ids = sequence(126);
    Masked first = Masking.of(tokenizer).mask(ids, SEED, 1, 2);
    Masked again = Masking.of(tokenizer).mask(ids, SEED, 1, 2);
    assertArrayEquals(first.ids(), again.ids());
    assertArrayEquals(first.rows(), again.rows());
    for (long[] other :
        new long[][] {{SEED + 1, 1, 2}, {SEED, 2, 2}, {SEED, 1, 3}, {SEED, 2, 1}, {1, SEED, 2}}) {
      Masked masked = Masking.of(tokenizer).mask(ids, other[0], other[1], other[2]);
      // 19 of 126 places: as many in common as chance has it.
      long common = Arrays.stream(masked.rows()).filter(row -> holds(first.rows(), row)).count();
      assertTrue(common <= 12, name(Arrays.toString(other)));
    }
  }

  private static boolean holds(int[] values, int value) {
    return Arrays.stream(values).anyMatch(v -> v == value);
  }

  /** On any JVM, and in any version: a run that is resumed may be so on another one. */
  @Test
  void theBitsStayTheSame() {
    int[] ids = new int[42];
    Arrays.setAll(ids, i -> i == 0 ? 2 : i == 41 ? 3 : 5 + i);
    Masked masked = Masking.of(tokenizer).rate(0.4).mask(ids, 42, 7, 123_456_789_012L);
    assertEquals(
        "[1, 3, 5, 6, 10, 12, 15, 17, 20, 21, 22, 25, 33, 36, 39, 40]",
        Arrays.toString(masked.rows()));
    int[] there = Arrays.stream(masked.rows()).map(row -> masked.ids()[row]).toArray();
    assertEquals("[4, 4, 4, 4, 4, 4, 4, 22, 4, 4, 4, 4, 4, 4, 110, 396]", Arrays.toString(there));
    long gamma = 0x9E3779B97F4A7C15L;
    for (int i = 0; i < 100; i++) {
      long key = random.nextLong();
      long state = new SplittableRandom((gamma ^ key) - gamma).nextLong();
      double expected = (new SplittableRandom(state).nextLong() >>> 11) * 0x1p-53;
      assertEquals(expected, new SplitMix(key).nextDouble(), name("key " + key));
    }
  }

  @Test
  void wordsAreChosenWhole() {
    Masking masking = Masking.of(tokenizer).rate(0.2).wholeWords();
    int word = tokenizer.id("dog");
    int piece = tokenizer.id("##s");
    // Words of 1, 2, 3 and 6 pieces, one that is cut at the start, and one behind [UNK].
    int[] lengths = {2, 1, 3, 1, 1, 6, 1, 2, 1, 1, 3, 1, 1, 2, 1, 2};
    int[] ids = new int[Arrays.stream(lengths).sum() + 3];
    int[] wordOf = new int[ids.length];
    Arrays.fill(wordOf, -1);
    int at = 0;
    ids[at++] = tokenizer.id("[CLS]");
    for (int w = 0; w < lengths.length; w++) {
      if (w == lengths.length - 1) {
        ids[at++] = tokenizer.id("[UNK]");
      }
      for (int i = 0; i < lengths[w]; i++) {
        wordOf[at] = w;
        boolean begun = i == 0 && w > 0 && w < lengths.length - 1;
        ids[at++] = begun ? word : piece;
      }
    }
    ids[at] = tokenizer.id("[SEP]");

    int steps = 20_000;
    long[] chosen = new long[lengths.length];
    long all = 0;
    for (int step = 0; step < steps; step++) {
      Masked masked = masking.mask(ids, SEED, step, 0);
      int[] rows = masked.rows();
      all += rows.length;
      for (int j = 0; j < rows.length; ) {
        int w = wordOf[rows[j]];
        chosen[w]++;
        boolean mask = masked.ids()[rows[j]] == MASK;
        int changed = 0;
        for (int i = 0; i < lengths[w]; i++, j++) {
          assertEquals(w, wordOf[rows[j]], "the whole word");
          assertEquals(mask, masked.ids()[rows[j]] == MASK, "one fate for all its pieces");
          changed += masked.ids()[rows[j]] == masked.labels()[j] ? 0 : 1;
        }
        // What is drawn may be what was there, but hardly four times of six.
        assertTrue(lengths[w] < 6 || changed == 0 || changed > 2, name(changed + " changed"));
      }
    }
    int maskable = Arrays.stream(lengths).sum();
    assertEquals(0.2, (double) all / steps / maskable, 0.004, name("rate"));
    // A long word is chosen less often, but only as the last one: not by half.
    for (int w = 0; w < lengths.length; w++) {
      double share = (double) chosen[w] / steps;
      assertTrue(share > 0.14 && share < 0.27, name("word " + w + ": " + share));
    }
  }

  @Test
  void allOrNothingCanBeAskedFor() {
    Masked all = Masking.of(tokenizer).rate(1).split(1, 0).mask(sequence(30), SEED, 0, 0);
    assertEquals(30, all.rows().length);
    assertTrue(Arrays.stream(all.ids(), 1, 31).allMatch(id -> id == MASK));
    int[] none = {2, 1, 3};
    Masked empty = Masking.of(tokenizer).mask(none, SEED, 0, 0);
    assertEquals(0, empty.rows().length);
    assertArrayEquals(none, empty.ids());
    assertEquals(0, Masking.of(tokenizer).mask(new int[0], SEED, 0, 0).rows().length);
  }

  @Test
  void badSettingsAreRefused() throws IOException {
    Masking masking = Masking.of(tokenizer);
    for (double rate : new double[] {0, -1, 1.01, Double.NaN}) {
      assertThrows(IllegalArgumentException.class, () -> masking.rate(rate));
    }
    assertThrows(IllegalArgumentException.class, () -> masking.split(0.9, 0.2));
    assertThrows(IllegalArgumentException.class, () -> masking.split(-0.1, 0.2));
    assertThrows(IllegalArgumentException.class, () -> masking.wholeWords(new boolean[3]));
    assertEquals(
        "sequence 5: the id 400 is not in the vocabulary of 400",
        assertThrows(IllegalArgumentException.class, () -> masking.mask(new int[] {400}, 0, 0, 5))
            .getMessage());
    assertEquals(
        "0.15 of the tokens, 0.8 masked, 0.1 replaced, whole words",
        masking.wholeWords().toString());
    Path plain = Files.createDirectories(folder.resolve("plain"));
    Files.write(
        plain.resolve("vocab.txt"), List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a"));
    try (Tokenizer whole = Tokenizer.fromPretrained(plain)) {
      assertThrows(IllegalArgumentException.class, () -> Masking.of(whole).wholeWords());
    }
    assertFalse(masking.toString().contains("whole"));
  }
}
