package io.github.jaubert.train.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.jaubert.bert.Labels;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TargetsTest {
  private static TextDataset labelled(String... labels) {
    return TextDataset.of(
        "dev.tsv",
        IntStream.range(0, labels.length)
            .mapToObj(i -> new Example("x", null, List.of(labels[i]), i + 2))
            .toList());
  }

  private static void assertFault(String expected, TextDataset data, Labels labels) {
    assertEquals(
        expected, assertThrows(DataException.class, () -> Targets.of(data, labels)).getMessage());
  }

  @Test
  void classesAreIndices() {
    Targets targets = Targets.of(labelled("b", "a", "c"), Labels.of("a", "b", "c"));
    assertArrayEquals(new int[] {2, 1}, targets.classes(new int[] {2, 0}));
    assertEquals(3, targets.size());
  }

  @Test
  void numbersStandForNamesThatAreNotNumbers() {
    Targets targets = Targets.of(labelled("1", "0"), Labels.of("negative", "positive"));
    assertEquals(1, targets.value(0, 0));
    assertEquals(0, targets.value(1, 0));
    // Names that are numbers are names.
    assertEquals(1, Targets.of(labelled("0"), Labels.of("1", "0")).value(0, 0));
  }

  @Test
  void severalLabelsAreOnesAndZeros() {
    List<Example> rows =
        List.of(new Example("x", null, List.of("c", "a"), 1), new Example("y", null, List.of(), 2));
    Targets targets = Targets.of(TextDataset.of(rows), Labels.multi("a", "b", "c"));
    assertEquals(3, targets.width());
    assertArrayEquals(new float[] {1, 0, 1, 0, 0, 0}, targets.values(new int[] {0, 1}));
  }

  @Test
  void scoresAreNumbers() {
    Targets targets = Targets.of(labelled("5.000", "-3e-1"), Labels.score());
    assertEquals(1, targets.width());
    assertArrayEquals(new float[] {5, -0.3f}, targets.values(new int[] {0, 1}));
  }

  @Test
  void refusesLabelsThatAreNotThere() {
    Labels labels = Labels.of("no", "yes");
    assertFault(
        "dev.tsv:3: label maybe is not one of the 2 known: no, yes; mapLabels(…) renames labels",
        labelled("yes", "maybe"),
        labels);
    assertFault(
        "dev.tsv:2: label 2 is outside 0 to 1 (no, yes); mapLabels(…) renames labels",
        labelled("2"),
        labels);
    assertFault(
        "dev.tsv:2: label -1 is outside 0 to 1 (no, yes); mapLabels(…) renames labels",
        labelled("-1"),
        labels);
    assertFault(
        "dev.tsv:2: label 2 is not one of the 2 known: 0, 1; mapLabels(…) renames labels",
        labelled("2"),
        Labels.of("0", "1"));
    String[] many = IntStream.range(0, 30).mapToObj(i -> "l" + i).toArray(String[]::new);
    String known = String.join(", ", Arrays.copyOf(many, 20)) + ", …";
    assertFault(
        "dev.tsv:2: label x is not one of the 30 known: " + known + "; mapLabels(…) renames labels",
        labelled("x"),
        Labels.of(many));
    assertFault(
        "dev.tsv:2: label b is not one of the 1 known: a; mapLabels(…) renames labels",
        labelled("b"),
        Labels.multi("a"));
  }

  @Test
  void refusesWrongNumbersOfLabelsAndWrongNumbers() {
    TextDataset none = TextDataset.of("a.jsonl", List.of(new Example("x", null, List.of(), 7)));
    TextDataset two =
        TextDataset.of("a.jsonl", List.of(new Example("x", null, List.of("a", "b"), 8)));
    assertFault("a.jsonl:7: has no label", none, Labels.of("a", "b"));
    assertFault(
        "a.jsonl:8: has several labels, [a, b]; one was expected", two, Labels.of("a", "b"));
    assertFault(
        "dev.tsv:2: label high is not a number, and a score was expected; skipLabels(…) leaves such rows out",
        labelled("high"),
        Labels.score());
    assertFault(
        "dev.tsv:3: label NaN is not a finite number", labelled("1", "NaN"), Labels.score());
  }

  @Test
  void namesTheLabelThatLooksAlike() {
    assertFault(
        "dev.tsv:2: label cafe\u0301 is not one of the 2 known: caf\u00e9, tea"
            + "; it looks like caf<U+00E9>, but is cafe<U+0301>; mapLabels(…) renames labels",
        labelled("cafe\u0301"),
        Labels.of("caf\u00e9", "tea"));
    assertFault(
        "dev.tsv:2: label very\u00a0good\u200b is not one of the 2 known: bad, very good"
            + "; it looks like very good, but is very<U+00A0>good<U+200B>; mapLabels(…) renames labels",
        labelled("very\u00a0good\u200b"),
        Labels.of("bad", "very good"));
    assertFault(
        "dev.tsv:2: label Bad is not one of the 2 known: bad, good; it looks like bad, but is Bad; mapLabels(…) renames labels",
        labelled("Bad"),
        Labels.of("bad", "good"));
  }

  @Test
  void namesALabelOfOtherLettersOrInQuotes() {
    assertFault(
        "dev.tsv:2: label p\u043es is not one of the 2 known: neg, pos; it looks like pos, but is p<U+043E>s; mapLabels(…) renames labels",
        labelled("p\u043es"),
        Labels.of("neg", "pos"));
    for (String label : List.of("\"pos\"", "'pos'", "'Pos'")) {
      assertFault(
          "dev.tsv:2: label %s is not one of the 2 known: neg, pos; it looks like pos, but is %s; mapLabels(…) renames labels"
              .formatted(label, label),
          labelled(label),
          Labels.of("neg", "pos"));
    }
    for (String label : List.of("02", "+2", "002.0")) {
      assertFault(
          "dev.tsv:2: label %s is not one of the 2 known: 1, 2; it looks like 2, but is %s; mapLabels(…) renames labels"
              .formatted(label, label),
          labelled(label),
          Labels.of("1", "2"));
    }
  }

  @Test
  void labelsWithoutANameAreTheirNumbers() {
    Targets numbers = Targets.of(labelled("10", "2", "LABEL_2"), Labels.of("LABEL_2", "LABEL_10"));
    assertArrayEquals(new int[] {1, 0, 0}, numbers.classes(new int[] {0, 1, 2}));
    Targets names = Targets.of(labelled("LABEL_10", "LABEL_2", "2"), Labels.of("2", "10"));
    assertArrayEquals(new int[] {1, 0, 0}, names.classes(new int[] {0, 1, 2}));
    assertFault(
        "dev.tsv:2: label LABEL_3 is not one of the 2 known: 2, 10; mapLabels(…) renames labels",
        labelled("LABEL_3"),
        Labels.of("2", "10"));
    assertEquals(
        List.of("LABEL_2", "LABEL_9", "LABEL_10"),
        labelled("LABEL_10", "LABEL_9", "LABEL_2").labelNames());
  }

  @Test
  void wholeNumbersWithAFractionOfZeroAreWholeNumbers() {
    Targets targets = Targets.of(labelled("2.0", "-1.00", "2"), Labels.of("-1", "2"));
    assertEquals(1, targets.value(0, 0));
    assertEquals(0, targets.value(1, 0));
    assertEquals(1, targets.value(2, 0));
    assertEquals(1, Targets.of(labelled("2.0"), Labels.of("2", "2.0")).value(0, 0));
    assertFault(
        "dev.tsv:2: label 2.5 is not one of the 2 known: 1, 2; mapLabels(…) renames labels",
        labelled("2.5"),
        Labels.of("1", "2"));
  }

  @Test
  void refusesWhatOnlyJavaTakesForANumber() {
    for (String label : List.of("1d", "1f", "0x1p3", "1e", "1_000", "\u0661", "0x10")) {
      assertFault(
          "dev.tsv:2: label "
              + label
              + " is not a number, and a score was expected; skipLabels(…) leaves such rows out",
          labelled(label),
          Labels.score());
    }
    for (String label : List.of("3,25", "1,234", "1.234,5", "-0,5")) {
      assertFault(
          "dev.tsv:2: label "
              + label
              + " is not a number, and a score was expected; write it without a comma, as 1234.5",
          labelled(label),
          Labels.score());
    }
    assertFault("dev.tsv:2: label 1e39 is not a finite number", labelled("1e39"), Labels.score());
  }
}
