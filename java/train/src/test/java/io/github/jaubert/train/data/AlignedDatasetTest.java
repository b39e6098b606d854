package io.github.jaubert.train.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.train.data.AlignedDataset.Labelled;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AlignedDatasetTest {
  private static final Labels LABELS = Labels.of("O", "B-PER", "I-PER", "S-LOC");

  @TempDir Path folder;
  private Tokenizer tokenizer;

  @BeforeEach
  void open() throws IOException {
    Files.writeString(
        folder.resolve("vocab.txt"),
        "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nann\n##a\n##na\nber\n##lin\nin\n-\n.\ncafe\n東\n京\n");
    tokenizer = Tokenizer.fromPretrained(folder);
  }

  @AfterEach
  void close() {
    tokenizer.close();
  }

  private static TaggedDataset sentence(String words, String tags) {
    return TaggedDataset.of(
        "list", List.of(TaggedSentence.of(List.of(words.split(" ")), List.of(tags.split(" ")))));
  }

  private AlignedDataset align(TaggedDataset data, Labelled labelled) {
    return AlignedDataset.of(data, tokenizer, LABELS, labelled, done -> {});
  }

  private static String warnings(Runnable work) {
    PrintStream before = System.err;
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
    try {
      work.run();
    } finally {
      System.setErr(before);
    }
    return log.toString(StandardCharsets.UTF_8);
  }

  @Test
  void theFirstPieceOfAWordHasItsLabel() {
    // [CLS] ann ##a - ann ##na in ber ##lin . [SEP]
    TaggedDataset data = sentence("Anna-Anna in Berlin .", "B-PER O S-LOC O");
    int[] row = {0};
    assertArrayEquals(
        new int[] {-100, 1, -100, -100, -100, -100, 0, 3, -100, 0, -100},
        align(data, Labelled.FIRST).targets(row));
    assertEquals(4, align(data, Labelled.FIRST).labelled(row));
    // Behind the first piece B-PER is I-PER, and S-LOC, which has no I-, stays.
    assertArrayEquals(
        new int[] {-100, 1, 2, 2, 2, 2, 0, 3, 3, 0, -100}, align(data, Labelled.ALL).targets(row));
    assertArrayEquals(
        new int[] {-1, 0, 0, 0, 0, 0, 1, 2, 2, 3, -1},
        WordIds.of(
            tokenizer.encode("Anna-Anna in Berlin ."), List.of("Anna-Anna", "in", "Berlin", ".")));
  }

  @Test
  void batchesLieEndToEnd() {
    TaggedDataset data =
        TaggedDataset.of(
            "list",
            List.of(
                TaggedSentence.of(List.of("in"), List.of("O")),
                TaggedSentence.of(List.of("anna", "."), List.of("B-PER", "O")),
                TaggedSentence.of(List.of("東京"), List.of("S-LOC"))));
    AlignedDataset aligned = align(data, Labelled.FIRST);
    int[] rows = {2, 1};
    assertArrayEquals(
        new int[] {-100, 3, -100, -100, -100, 1, -100, 0, -100}, aligned.targets(rows));
    assertEquals(aligned.targets(rows).length, aligned.encoded().batch(rows).tokens());
    assertEquals(3, aligned.labelled(rows));
    assertEquals(3, aligned.size());
  }

  @Test
  void predictionsAreReadFromTheFirstPiece() {
    AlignedDataset aligned = align(sentence("Anna in Berlin", "B-PER O S-LOC"), Labelled.ALL);
    // [CLS] ann ##a in ber ##lin [SEP]
    assertEquals(
        List.of("I-PER", "O", "B-PER"), aligned.predicted(0, new int[] {3, 2, 3, 0, 1, 2, 3}));
    assertEquals(List.of("B-PER", "O", "S-LOC"), aligned.actual(0));
    assertEquals(
        "predicted: 2 classes for the 7 tokens of sentence 0",
        assertThrows(IllegalArgumentException.class, () -> aligned.predicted(0, new int[] {1, 2}))
            .getMessage());
  }

  @Test
  void aWordThatVanishesCountsAsOutside() {
    TaggedDataset data = sentence("anna \u0007 berlin \u200b\u0001", "B-PER S-LOC S-LOC O");
    String log =
        warnings(
            () -> {
              AlignedDataset aligned = align(data, Labelled.FIRST);
              assertArrayEquals(
                  new int[] {-100, 1, -100, 3, -100, -100}, aligned.targets(new int[] {0}));
              assertEquals(2, aligned.lostWords());
              assertEquals(0, aligned.cutWords());
              assertEquals(
                  List.of("B-PER", "O", "S-LOC", "O"),
                  aligned.predicted(0, new int[] {2, 1, 2, 3, 2, 2}));
            });
    assertTrue(
        log.contains(
            "list: the tokenizer drops all characters of 2 words; they count as predicted O"),
        log);
  }

  @Test
  void wordsBehindTheCutCountAsOutside() {
    TaggedDataset data = sentence("anna \u0007 in berlin berlin .", "B-PER O O S-LOC S-LOC O");
    String log =
        warnings(
            () -> {
              try (Tokenizer cutting = tokenizer.withMaxLength(6)) { // [CLS] ann ##a in ber [SEP]
                AlignedDataset aligned =
                    AlignedDataset.of(data, cutting, LABELS, Labelled.FIRST, done -> {});
                assertArrayEquals(
                    new int[] {-100, 1, -100, 0, 3, -100}, aligned.targets(new int[] {0}));
                assertEquals(2, aligned.cutWords());
                assertEquals(1, aligned.lostWords());
                assertEquals(
                    List.of("B-PER", "O", "O", "S-LOC", "O", "O"),
                    aligned.predicted(0, new int[] {0, 1, 0, 0, 3, 0}));
              }
            });
    assertTrue(
        log.contains(
            "list: 1 of 1 sentences are longer than 6 tokens and are cut;"
                + " the 2 words behind count as predicted O"),
        log);
  }

  @Test
  void unknownWordsAndWordsWithSpacesKeepTheirPlace() {
    TaggedDataset data =
        TaggedDataset.of(
            "list",
            List.of(
                TaggedSentence.of(
                    List.of("xyz", "in ann", "", " ", "cafe\u0301", "\uD83D\uDE00"),
                    List.of("B-PER", "I-PER", "O", "O", "S-LOC", "O"))));
    // [CLS] [UNK] in ann cafe [UNK] [SEP]
    AlignedDataset aligned = align(data, Labelled.FIRST);
    assertArrayEquals(new int[] {-100, 1, 2, -100, 3, 0, -100}, aligned.targets(new int[] {0}));
    assertEquals(2, aligned.lostWords());
  }

  @Test
  void aTagThatIsNoLabelIsRefused() {
    assertEquals(
        "list: tag B-LOC of the word 'berlin' is not one of the 4 known: O, B-PER, I-PER, S-LOC",
        assertThrows(
                DataException.class, () -> align(sentence("in berlin", "O B-LOC"), Labelled.FIRST))
            .getMessage()
            .replaceFirst("^list:0:", "list:"));
  }
}
