package io.github.jaubert.train.corpus;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.train.data.DataException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SentencePairsTest {
  private static final int MAX_LENGTH = 64;
  private final long seed = Seeds.SEED;
  private final String name = "seed " + seed;

  @TempDir Path folder;
  private Tokenizer tokenizer;

  @BeforeEach
  void open() throws IOException {
    tokenizer = RandomText.tokenizer(folder.resolve("tokenizer"), 40);
  }

  @AfterEach
  void close() {
    tokenizer.close();
  }

  private TokenizedCorpus tokenized(List<String> documents) {
    return TokenizedCorpus.of(
        Corpus.of("documents", documents), tokenizer, folder.resolve("cache"));
  }

  /** Long documents of sentences of 4 to 15 tokens. */
  private TokenizedCorpus longDocuments(int count) {
    Random random = new Random(seed);
    List<String> documents = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      StringBuilder text = new StringBuilder();
      for (int s = 100 + random.nextInt(50); s > 0; s--) {
        text.append("The ").append("dog ".repeat(2 + random.nextInt(12))).append(". ");
      }
      documents.add(text.toString());
    }
    return tokenized(documents);
  }

  private static long documentOf(TokenizedCorpus corpus, long token) {
    long document = 0;
    while (corpus.documentStart(document + 1) <= token) {
      document++;
    }
    return document;
  }

  private void checkForm(TokenizedCorpus corpus, SentencePairs pairs, int pair) {
    int[] ids = pairs.ids(pair);
    assertEquals(ids.length, pairs.length(pair));
    assertTrue(ids.length <= MAX_LENGTH, name);
    int first = pairs.firstLength(pair);
    int second = pairs.secondLength(pair);
    assertTrue(first > 0 && second > 0, name);
    int[] expected = new int[first + second + 3];
    int[] types = new int[expected.length];
    expected[0] = tokenizer.id("[CLS]");
    corpus.copy(pairs.first(pair), first, expected, 1);
    expected[first + 1] = tokenizer.id("[SEP]");
    corpus.copy(pairs.second(pair), second, expected, first + 2);
    expected[first + second + 2] = tokenizer.id("[SEP]");
    Arrays.fill(types, first + 2, types.length, 1);
    assertArrayEquals(expected, ids, name);
    assertArrayEquals(types, pairs.typeIds(pair), name);
  }

  @Test
  void halfOfTheSecondTextsAreFromElsewhere() {
    TokenizedCorpus corpus = longDocuments(150);
    SentencePairs pairs = SentencePairs.nextSentence(corpus, tokenizer, MAX_LENGTH, seed);
    long random = 0;
    long full = 0;
    long[] others = new long[150];
    for (int i = 0; i < pairs.size(); i++) {
      checkForm(corpus, pairs, i);
      long firstDocument = documentOf(corpus, pairs.first(i));
      long secondDocument = documentOf(corpus, pairs.second(i));
      assertEquals(
          firstDocument,
          documentOf(corpus, pairs.first(i) + pairs.firstLength(i) - 1),
          name + ": a text is of one document");
      assertEquals(
          secondDocument, documentOf(corpus, pairs.second(i) + pairs.secondLength(i) - 1), name);
      if (pairs.label(i) == 0) {
        assertEquals(firstDocument, secondDocument, name);
        long gap = pairs.second(i) - pairs.first(i) - pairs.firstLength(i);
        assertTrue(gap >= 0 && gap < 20, name + ": " + gap + " tokens were cut out between");
      } else {
        random++;
        others[(int) secondDocument]++;
        assertNotEquals(firstDocument, secondDocument, name);
      }
      full += pairs.length(i) > MAX_LENGTH - 16 ? 1 : 0;
    }
    // A chunk is one sentence only in short documents and at an end, which shifts the half a
    // little.
    double share = (double) random / pairs.size();
    assertTrue(share > 0.49 && share < 0.58, name + ": " + share);
    Binomial.checkUniform(name + ": other documents", others);
    assertTrue(full > 0.6 * pairs.size(), name + ": " + full + " of " + pairs.size());
  }

  /** Documents of 100 sentences of 4 tokens each. */
  private TokenizedCorpus evenDocuments(int count) {
    return tokenized(Collections.nCopies(count, "The dog cat. ".repeat(100)));
  }

  @Test
  void otherTextsBeginAnywhereAndNoTextIsLostToThem() {
    TokenizedCorpus corpus = evenDocuments(300);
    SentencePairs pairs = SentencePairs.nextSentence(corpus, tokenizer, MAX_LENGTH, seed);
    long[] begun = new long[100];
    for (int i = 0; i < pairs.size(); i++) {
      long used = pairs.first(i) + pairs.firstLength(i);
      if (pairs.label(i) == 0) {
        used = pairs.second(i) + pairs.secondLength(i);
      } else {
        begun[(int) (pairs.second(i) % 400 / 4)]++;
      }
      long next = i + 1 < pairs.size() ? pairs.first(i + 1) : corpus.tokens();
      // Less than a sentence is cut off on either side, to fit the length.
      assertTrue(next - used >= 0 && next - used <= 6, name + ": " + (next - used) + " lost");
    }
    Binomial.checkUniform(name + ": where other texts begin", begun);
  }

  /** A document that is to give short pairs gives many of them, and no long ones. */
  @Test
  void aDocumentInTenGivesShortPairs() {
    int documents = 3000;
    TokenizedCorpus corpus = evenDocuments(documents);
    SentencePairs pairs = SentencePairs.sentenceOrder(corpus, tokenizer, MAX_LENGTH, seed);
    int[] longest = new int[documents];
    long document = 0;
    for (int i = 0; i < pairs.size(); i++) {
      long first = Math.min(pairs.first(i), pairs.second(i));
      while (corpus.documentStart(document + 1) <= first) {
        document++;
      }
      longest[(int) document] = Math.max(longest[(int) document], pairs.length(i));
    }
    // Of the lengths from 2 to 61 all but the last are filled by 15 sentences or less.
    long small = Arrays.stream(longest).filter(length -> length < MAX_LENGTH).count();
    Binomial.check(name + ": short", small, documents, 0.1 * 59 / 60);
  }

  @Test
  void halfOfTheOrdersAreSwapped() {
    TokenizedCorpus corpus = longDocuments(100);
    SentencePairs pairs = SentencePairs.sentenceOrder(corpus, tokenizer, MAX_LENGTH, seed);
    long swapped = 0;
    for (int i = 0; i < pairs.size(); i++) {
      checkForm(corpus, pairs, i);
      assertEquals(documentOf(corpus, pairs.first(i)), documentOf(corpus, pairs.second(i)), name);
      assertEquals(pairs.first(i) < pairs.second(i) ? 0 : 1, pairs.label(i), name);
      swapped += pairs.label(i);
    }
    Binomial.check(name + ": swapped", swapped, pairs.size(), 0.5);
    assertTrue(pairs.size() > 1000, name);
  }

  @Test
  void pairsAreAFunctionOfTheSeed() {
    TokenizedCorpus corpus = longDocuments(20);
    SentencePairs first = SentencePairs.nextSentence(corpus, tokenizer, MAX_LENGTH, seed);
    SentencePairs again = SentencePairs.nextSentence(corpus, tokenizer, MAX_LENGTH, seed);
    SentencePairs other = SentencePairs.nextSentence(corpus, tokenizer, MAX_LENGTH, seed + 1);
    assertEquals(first.size(), again.size());
    assertEquals(first.size(), same(first, again), name);
    assertTrue(same(first, other) < first.size() / 4, name);
  }

  /** How many pairs of both are the same at the same place, which a few are by chance. */
  private static int same(SentencePairs left, SentencePairs right) {
    int same = 0;
    for (int i = 0; i < Math.min(left.size(), right.size()); i++) {
      same += Arrays.equals(left.ids(i), right.ids(i)) ? 1 : 0;
    }
    return same;
  }

  @Test
  void pairsAreOfTheDocumentsThatCount() {
    TokenizedCorpus corpus = longDocuments(21);
    for (boolean order : new boolean[] {false, true}) {
      SentencePairs odd =
          order
              ? SentencePairs.sentenceOrder(corpus, tokenizer, MAX_LENGTH, seed, d -> d % 2 == 1)
              : SentencePairs.nextSentence(corpus, tokenizer, MAX_LENGTH, seed, d -> d % 2 == 1);
      SentencePairs later = odd.inPass(7);
      Set<Long> documents = new TreeSet<>();
      for (SentencePairs pairs : List.of(odd, later)) {
        for (int i = 0; i < pairs.size(); i++) {
          checkForm(corpus, pairs, i);
          documents.add(documentOf(corpus, pairs.first(i)));
          documents.add(documentOf(corpus, pairs.second(i)));
        }
      }
      assertEquals(Set.of(1L, 3L, 5L, 7L, 9L, 11L, 13L, 15L, 17L, 19L), documents, name);
      assertTrue(same(odd, later) < odd.size() / 4, name);
      assertArrayEquals(odd.ids(0), later.inPass(0).ids(0), name);
      assertArrayEquals(later.ids(9), odd.inPass(7).ids(9), name);
    }
  }

  @Test
  void longSentencesAndShortDocumentsWork() {
    String endless = "The " + "dog ".repeat(300);
    TokenizedCorpus corpus =
        tokenized(List.of(endless + ". The cat.", "The dog.", "The dog runs far. " + endless));
    for (long s = seed; s < seed + 50; s++) {
      SentencePairs next = SentencePairs.nextSentence(corpus, tokenizer, 20, s);
      SentencePairs order = SentencePairs.sentenceOrder(corpus, tokenizer, 20, s);
      assertEquals(2, order.size());
      assertTrue(next.size() >= 3, "seed " + s);
      for (int i = 0; i < next.size(); i++) {
        assertTrue(next.length(i) <= 20 && next.firstLength(i) > 0 && next.secondLength(i) > 0);
      }
    }
  }

  @Test
  void aCorpusWithoutPairsIsRefused() {
    TokenizedCorpus one = tokenized(List.of("The dog. The cat."));
    assertEquals(
        one.folder() + ": next-sentence prediction needs more than one document",
        assertThrows(
                DataException.class, () -> SentencePairs.nextSentence(one, tokenizer, 64, seed))
            .getMessage());
    TokenizedCorpus short2 = tokenized(List.of("The dog.", "The cat."));
    assertEquals(
        short2.folder() + ": no document has two sentences, of which a pair is made",
        assertThrows(
                DataException.class, () -> SentencePairs.sentenceOrder(short2, tokenizer, 64, seed))
            .getMessage());
    assertThrows(
        IllegalArgumentException.class,
        () -> SentencePairs.nextSentence(short2, tokenizer, 18, seed));
  }
}
