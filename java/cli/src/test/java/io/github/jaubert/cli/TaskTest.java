package io.github.jaubert.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.Labels;
import io.github.jaubert.cli.options.Task;
import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.Example;
import io.github.jaubert.train.data.TextDataset;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is to be learned is told from the labels. */
class TaskTest {
  private static TextDataset labelled(String... labels) {
    return TextDataset.of(
        "train", Arrays.stream(labels).map(label -> Example.of("x", label)).toList());
  }

  private static Labels labels(Task task, TextDataset data) {
    return task.understand(data).labels();
  }

  private static void assertSaid(String expected, Task task, String... labels) {
    assertEquals("labels: " + expected, task.understand(labelled(labels)).said());
  }

  @Test
  void whatWasUnderstoodIsALineThatNamesTheOption() {
    String several = " (one a row; --label-separator or --task multilabel for several)";
    assertSaid("2 classes, neg, pos" + several, Task.AUTO, "pos", "neg", "pos");
    assertSaid("7 classes, a … g" + several, Task.AUTO, "a", "b", "c", "d", "e", "f", "g");
    String scores = "; --task regression for scores)";
    assertSaid("5 classes, 1 … 5 (whole numbers" + scores, Task.AUTO, "1", "2", "3", "4", "5");
    assertSaid(
        "3 classes, 1 … 3 (whole numbers, some written as 1.0" + scores,
        Task.AUTO,
        "1.0",
        "2.0",
        "3.0");
    assertSaid("2 classes, -1, 1 (whole numbers" + scores, Task.AUTO, "1", "-1");
    String classes = "; --task classification for classes)";
    assertSaid(
        "a score from -0.5 to 10.5 (numbers with fractions" + classes,
        Task.AUTO,
        "9.0",
        "10.5",
        "-0.5");
    assertSaid(
        "a score from 0 to 1000 (101 different whole numbers, some written as 0.0" + classes,
        Task.AUTO,
        numbers(0, 101, 10));
    assertSaid("a score from 0 to 2 (--task regression)", Task.REGRESSION, "2", "0");
    assertSaid("2 classes, 0.0, 1.0 (--task classification)", Task.CLASSIFICATION, "1.0", "0.0");
    assertSaid("any of 2, a, b (--task multilabel)", Task.MULTILABEL, "b", "a");
    TextDataset lists =
        TextDataset.of(
            List.of(
                new Example("x", null, List.of("b", "a"), 0),
                new Example("y", null, List.of(), 0)));
    assertEquals(
        "labels: any of 2, a, b (a row may have several or none; --task classification for one)",
        Task.AUTO.understand(lists).said());
  }

  @Test
  void wholeNumbersWrittenAsFractionsAreClasses() {
    assertEquals(Labels.of("0", "1"), labels(Task.AUTO, labelled("1.0", "0.0", "1.0")));
    assertEquals(
        Labels.of("-1", "2", "10"), labels(Task.AUTO, labelled("10.0", "-1.0", "2", "2.0")));
    assertEquals(Labels.of("0", "1"), labels(Task.AUTO, labelled("1", "0")));
    assertEquals(Labels.score(), labels(Task.AUTO, labelled("1.0", "0.5", "0.0")));
    String[] fractions = IntStream.range(1, 30).mapToObj(i -> "." + i).toArray(String[]::new);
    assertEquals(Labels.score(), labels(Task.AUTO, labelled(fractions)));
    assertEquals(21, labels(Task.AUTO, labelled(numbers(0, 21, 1))).size());
    assertEquals(99, labels(Task.AUTO, labelled(numbers(1, 99, 1))).size());
    assertEquals(Labels.score(), labels(Task.AUTO, labelled(numbers(0, 21, 2))));
    assertEquals(Labels.score(), labels(Task.AUTO, labelled(numbers(5, 21, 1))));
    assertEquals(Labels.score(), labels(Task.AUTO, labelled(numbers(0, 101, 1))));
    // Who says what is to be learned is taken at their word.
    assertEquals(Labels.score(), labels(Task.REGRESSION, labelled("1.0", "0.0")));
    assertEquals(Labels.of("0.0", "1.0"), labels(Task.CLASSIFICATION, labelled("1.0", "0.0")));
  }

  private static String[] numbers(int first, int count, int step) {
    return IntStream.range(0, count).mapToObj(i -> first + i * step + ".0").toArray(String[]::new);
  }

  @Test
  void numbersWithCommasAreRefused() {
    for (List<String> labels :
        List.of(
            List.of("3,25", "2.5"),
            List.of("1,234.5", "7"),
            List.of("1.234,5", "2,0", "1"),
            List.of("1,234", "5,678,901"),
            List.of("-0,5", "0"))) {
      DataException error =
          assertThrows(
              DataException.class,
              () -> labels(Task.AUTO, labelled(labels.toArray(String[]::new))));
      assertEquals(
          "train:0: label "
              + labels.get(0)
              + " is a number with a comma; write scores as 1234.5, or choose --task classification,"
              + " or --label-separator if these are several labels",
          error.getMessage());
    }
    TextDataset names = labelled("3,25", "a,b");
    assertEquals(Labels.of("3,25", "a,b"), labels(Task.AUTO, names));
    TextDataset commas = labelled("3,25", "2,5");
    assertEquals(Labels.of("2,5", "3,25"), labels(Task.CLASSIFICATION, commas));
  }

  private static void assertRefused(String expected, TextDataset data) {
    DataException error = assertThrows(DataException.class, () -> Task.AUTO.understand(data));
    assertEquals(expected, error.getMessage());
  }

  @Test
  void missingScoresAreRefusedInOneLocale() {
    String[] scores = numbers(0, 1200, 1);
    scores[0] = "none";
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.GERMANY);
      assertRefused(
          "train:0: label none is not a number, as 1,199 of 1,200 are; correct it, leave it out with"
              + " --skip-label \"none\", or choose --task classification",
          labelled(scores));
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void percentagesAreRefused() {
    String remedy =
        " is a number with a percent sign; write scores as 1234.5, or choose --task classification";
    assertRefused("train:0: label 71%" + remedy, labelled("71%", "9%", "100%"));
    assertRefused("train:0: label 7,5 %" + remedy, labelled("3", "7,5 %", "0.5%"));
    assertEquals(Labels.of("100%", "all"), labels(Task.AUTO, labelled("100%", "all")));
    assertEquals(Labels.of("5%", "9%"), labels(Task.CLASSIFICATION, labelled("9%", "5%")));
  }

  @Test
  void manyNumbersInAFormThatIsNotReadAreRefused() {
    for (String form :
        List.of(
            "1'%03d.5",
            "1\u202f%03d,5",
            "1 %03d.5",
            "1_%03d",
            "$%d.50",
            "\u2212%d.5",
            "%d.5d",
            "0x1p%d",
            "%df",
            "%d.25 \u20ac",
            "\u0661\u0662%d")) {
      String[] labels =
          IntStream.range(0, 21).mapToObj(i -> form.formatted(i)).toArray(String[]::new);
      assertRefused(
          "train:0: label %s is a number in a form that is not read; write scores as 1234.5, or choose --task classification"
              .formatted(labels[0]),
          labelled(labels));
      assertEquals(21, labels(Task.CLASSIFICATION, labelled(labels)).size());
      assertEquals(20, labels(Task.AUTO, labelled(Arrays.copyOf(labels, 20))).size());
      labels[20] = "other";
      assertEquals(21, labels(Task.AUTO, labelled(labels)).size());
    }
    for (String form : List.of("v%d", "1.2.%d", "12:%02d", "2021-01-%02d", "%d days", "A%d")) {
      String[] labels =
          IntStream.range(0, 30).mapToObj(i -> form.formatted(i)).toArray(String[]::new);
      assertEquals(30, labels(Task.AUTO, labelled(labels)).size(), form);
    }
  }

  @Test
  void aLabelThatIsATextIsShownInPart() {
    String said = Task.AUTO.understand(labelled("x".repeat(1 << 20), "y")).said();
    assertTrue(said.length() < 300, () -> said.substring(0, 300));
  }

  @Test
  void listsWrittenAsTextsAreRefused() {
    String remedy =
        " is a list written as a text; write its labels with a separator between them, which"
            + " --label-separator names, or arrays in JSON lines, or choose --task classification"
            + " if it is a name";
    assertRefused("train:0: label ['pos']" + remedy, labelled("['pos']", "['neg', 'pos']", "[]"));
    assertRefused("train:0: label (1, 'x')" + remedy, labelled("(1, 'x')", "(2, 'y')"));
    assertRefused("train:0: label {'a': 1}" + remedy, labelled("{'a': 1}", "{'b': 0}"));
    assertRefused(
        "train:0: label tensor([1, 0])" + remedy, labelled("tensor([1, 0])", "tensor([0, 1])"));
    assertRefused(
        "train:0: label array([1.])" + remedy,
        labelled("array([1.])", "array([0.], dtype=float32)"));
    assertRefused(
        "train:0: label frozenset({'a'})" + remedy, labelled("frozenset({'a'})", "{'b'}"));
    assertEquals(2, labels(Task.AUTO, labelled("[pos]", "neutral")).size());
    assertEquals(2, labels(Task.AUTO, labelled("(pos)", "(neg)")).size());
    assertEquals(2, labels(Task.CLASSIFICATION, labelled("[a]", "[b]")).size());
  }

  @Test
  void sharesOfClassesAreRefused() {
    TextDataset shares =
        TextDataset.of(
            "train",
            List.of(
                new Example("x", null, List.of("0.9", "0.1"), 1),
                new Example("y", null, List.of("0", "1"), 2)));
    String remedy =
        " are several numbers with fractions: shares of the classes are not supported; give the"
            + " label of the largest, or choose --task multilabel if these are names";
    assertRefused("train:1: labels [0.9, 0.1]" + remedy, shares);
    assertEquals(4, labels(Task.MULTILABEL, shares).size());
    TextDataset versions =
        TextDataset.of("train", List.of(new Example("x", null, List.of("1.5", "v2"), 1)));
    assertEquals(2, labels(Task.AUTO, versions).size());
  }

  @Test
  void whatOnlyJavaTakesForANumberIsAName() {
    assertEquals(Labels.of("1d", "2d"), labels(Task.AUTO, labelled("1d", "2d")));
    assertEquals(Labels.of("0x1p3", "1f"), labels(Task.AUTO, labelled("0x1p3", "1f")));
    assertEquals(Labels.of("\u0661", "\u0662"), labels(Task.AUTO, labelled("\u0661", "\u0662")));
  }
}
