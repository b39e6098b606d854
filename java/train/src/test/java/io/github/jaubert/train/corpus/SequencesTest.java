package io.github.jaubert.train.corpus;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.fixture.Seeds;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SequencesTest {
  private final long seed = Seeds.SEED;

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

  /** A document of so many tokens without the end of a sentence. */
  private static String words(int count) {
    return "dog " + "cat ".repeat(count - 1);
  }

  private int[] lengths(int maxLength, String... documents) {
    Sequences sequences = Sequences.of(tokenized(List.of(documents)), tokenizer, maxLength);
    int[] lengths = new int[sequences.size()];
    for (int i = 0; i < lengths.length; i++) {
      lengths[i] = sequences.length(i);
    }
    return lengths;
  }

  @Test
  void documentsAreCutAtTheLongestLength() {
    assertArrayEquals(new int[] {22}, lengths(22, words(20)));
    assertArrayEquals(new int[] {22, 10}, lengths(22, words(28)));
    assertArrayEquals(new int[] {3, 22, 22, 12}, lengths(22, "dog", words(50)));
  }

  @Test
  void aShortRestIsSharedEvenly() {
    assertArrayEquals(new int[] {16, 15}, lengths(22, words(27)));
    assertArrayEquals(new int[] {13, 12}, lengths(22, words(21)));
    assertArrayEquals(new int[] {22, 13, 12}, lengths(22, words(41)));
  }

  @Test
  void aSentenceThatEndsNearbyIsTheCut() {
    String sentence = "The " + "cat ".repeat(17) + ". "; // 19 tokens
    assertArrayEquals(new int[] {21, 21, 21}, lengths(22, sentence.repeat(3)));
    // 18 of 20 tokens are not in the last eighth.
    assertEquals(22, lengths(22, sentence.replaceFirst("cat ", "").repeat(3))[0]);
  }

  @Test
  void everyTokenIsInOneSequenceOfItsDocument() {
    Random random = new Random(seed);
    for (int maxLength : new int[] {18, 19, 33, 64, 512}) {
      List<String> documents = new ArrayList<>();
      RandomText.documents(random, 150).forEach(lines -> documents.add(String.join("\n", lines)));
      TokenizedCorpus tokenized = tokenized(documents);
      Sequences sequences = Sequences.of(tokenized, tokenizer, maxLength);
      String name = "seed " + seed + ", at most " + maxLength;
      long token = 0;
      long document = 0;
      long all = 0;
      for (int i = 0; i < sequences.size(); i++) {
        int[] ids = sequences.ids(i);
        all += ids.length;
        assertEquals(sequences.length(i), ids.length, name);
        assertTrue(ids.length <= maxLength, name);
        assertEquals(tokenizer.id("[CLS]"), ids[0], name);
        assertEquals(tokenizer.id("[SEP]"), ids[ids.length - 1], name);
        boolean whole =
            token == tokenized.documentStart(document)
                && token + ids.length - 2 == tokenized.documentStart(document + 1);
        assertTrue(whole || ids.length - 2 >= Sequences.SHORTEST, name);
        for (int j = 1; j < ids.length - 1; j++) {
          assertEquals(tokenized.id(token++), ids[j], name);
        }
        assertTrue(token <= tokenized.documentStart(document + 1), name);
        document += token == tokenized.documentStart(document + 1) ? 1 : 0;
      }
      assertEquals(tokenized.tokens(), token, name);
      assertEquals(tokenized.documents(), document, name);
      assertEquals(all, sequences.tokens(), name);
    }
  }

  @Test
  void tooShortALengthIsRefused() {
    TokenizedCorpus tokenized = tokenized(List.of("The dog."));
    assertEquals(
        "sequences of at most 17 tokens, 2 of them special; at least 18 are needed",
        assertThrows(IllegalArgumentException.class, () -> Sequences.of(tokenized, tokenizer, 17))
            .getMessage());
  }
}
