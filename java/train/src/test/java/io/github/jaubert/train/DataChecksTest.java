package io.github.jaubert.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.EncodedDataset;
import io.github.jaubert.train.data.Example;
import io.github.jaubert.train.data.TableFormat;
import io.github.jaubert.train.data.TextDataset;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Data that can be read and still teaches nothing. */
class DataChecksTest {
  private static final Labels AB = Labels.of("a", "b");

  @TempDir Path temporary;

  @Test
  void aColumnThatIsBlankInEveryRowIsRefusedBeforeAnythingChanges() {
    try (Tokenizer tokenizer = SmallModel.tokenizer(temporary);
        SequenceClassifier model = SmallModel.classifier(Labels.of("0", "1"), 0)) {
      Map<String, float[]> before = SmallModel.weights(model);
      TextDataset blank =
          TextDataset.of("blank", List.of(Example.of("", "0"), Example.of(" \t", "1")));
      DataException error =
          assertThrows(
              DataException.class,
              () -> Trainer.of(SequenceClassification.of(model, tokenizer).train(blank)).run());
      assertEquals(
          "blank: the text of every one of the 2 rows is blank: is it the right column?",
          error.getMessage());
      TextDataset blankPairs =
          TextDataset.of("pairs", List.of(Example.of("a", "", "0"), Example.of("the", " ", "1")));
      error =
          assertThrows(
              DataException.class,
              () ->
                  Trainer.of(
                          SequenceClassification.of(model, tokenizer)
                              .train(SmallModel.sentences(4, 1))
                              .evaluate(blankPairs))
                      .run());
      assertEquals(
          "pairs: the second text of every one of the 2 rows is blank: is it the right column?",
          error.getMessage());
      SmallModel.weights(model)
          .forEach((name, values) -> assertEquals(before.get(name)[0], values[0], name));
    }
  }

  @Test
  void whatTheModelDoesNotSeeIsSaid() {
    TextDataset texts =
        TextDataset.of(
            "texts",
            List.of(
                Example.of("a warm film and a warm story", "0"),
                Example.of("東京 film", "1"),
                Example.of("the film was good", "0")));
    try (Tokenizer whole = SmallModel.tokenizer(temporary);
        Tokenizer tokenizer = whole.withMaxLength(8)) {
      EncodedDataset encoded = EncodedDataset.of(texts, tokenizer, done -> {});
      assertEquals(1, encoded.cut());
      assertEquals(2, encoded.unknown());
      String log = logOf(() -> DataChecks.tokens(texts.source(), encoded, tokenizer, 512));
      assertTrue(
          log.contains(
              "texts: 33.3 % of the texts are longer than 8 tokens and are cut; maxLength(…) allows"
                  + " up to 512"),
          log);
      assertTrue(
          log.contains(
              "texts: 10.5 % of the tokens are [UNK], as the tokenizer does not know the characters"
                  + " of these texts"),
          log);
      log = logOf(() -> DataChecks.tokens(texts.source(), encoded, tokenizer, 8));
      assertTrue(log.contains("are cut, which is the most that the model takes"), log);
      TextDataset fits = SmallModel.sentences(200, 3);
      EncodedDataset good = EncodedDataset.of(fits, whole, done -> {});
      assertEquals("", logOf(() -> DataChecks.tokens(fits.source(), good, whole, 512)));
    }
  }

  @Test
  void someBlankRowsAreCounted() {
    String log =
        logOf(
            () ->
                DataChecks.texts(
                    TextDataset.of(
                        "some",
                        List.of(
                            Example.of("a", "0"),
                            new Example(" ", null, List.of("1"), 17),
                            new Example("", "", List.of("1"), 18),
                            new Example("", "film", List.of("1"), 19)))));
    assertTrue(
        log.contains("some: 2 of 4 examples have no text, the first of them in line 17"), log);
    assertEquals("", logOf(() -> DataChecks.texts(SmallModel.sentences(9, 2))));
  }

  @Test
  void labelsThatAreAllTheSameAreNamed() {
    String log =
        logOf(
            () ->
                DataChecks.labels(
                    TextDataset.of("same", List.of(Example.of("a", "x"), Example.of("the", "x"))),
                    AB));
    assertTrue(log.contains("same: all 2 examples have the label x"), log);
    assertEquals("", logOf(() -> DataChecks.labels(SmallModel.sentences(50, 3), AB)));
    assertEquals(
        "",
        logOf(() -> DataChecks.labels(TextDataset.of("one", List.of(Example.of("a", "x"))), AB)));
  }

  @Test
  void aRunSaysWhatItWasGiven() throws IOException {
    Path file = temporary.resolve("a.tsv");
    Files.writeString(file, "id\tfirst\tsecond\tgold\n1\ta\tthe\t0\n2\tthe\ta\t1.0\n");
    TextDataset data = TextDataset.tsv(file).text("first").pair("second").label("gold");
    try (Tokenizer tokenizer = SmallModel.tokenizer(temporary);
        SequenceClassifier model = SmallModel.classifier(Labels.of("0", "1"), 0)) {
      String log =
          logOf(
              () ->
                  Trainer.of(SequenceClassification.of(model, tokenizer).train(data))
                      .with(s -> s.epochs(1))
                      .run());
      assertTrue(
          log.contains(
              file
                  + ": 2 examples, text: first, second text: second, label: gold,"
                  + " for one of the labels 0, 1"),
          log);
    }
  }

  private static TextDataset labelled(String source, String... labels) {
    return TextDataset.of(
        source, Arrays.stream(labels).map(label -> Example.of("a", label)).toList());
  }

  @Test
  void numbersDoNotJudgeNames() {
    TextDataset names = labelled("names", "World", "Sports", "Business", "Tech", "Arts");
    TextDataset ids = labelled("ids", "0", "1", "2", "3");
    Labels labels = Labels.of(names.labelNames());
    DataException error =
        assertThrows(DataException.class, () -> DataChecks.sameLabels(names, ids, labels));
    assertEquals(
        "ids: its labels are numbers (0, 1, 2, 3) where those of names are names"
            + " (Arts, Business, Sports, Tech, …); mapLabels(…) gives them these names",
        error.getMessage());
    DataChecks.sameLabels(names, null, labels);
    DataChecks.sameLabels(names, names, labels);
    DataChecks.sameLabels(ids, ids, labels);
    DataChecks.sameLabels(ids, ids, Labels.of(ids.labelNames()));
    DataChecks.sameLabels(names, ids, Labels.score());
    DataChecks.sameLabels(labelled("floats", "0.0", "1.0"), ids, Labels.of("0", "1"));
    DataChecks.sameLabels(
        labelled("l", "LABEL_0", "LABEL_1"), ids, Labels.of("LABEL_0", "LABEL_1"));
    // A name that is a number is a name like any other.
    TextDataset mixed = labelled("mixed", "1", "many");
    DataChecks.sameLabels(mixed, labelled("one", "1"), Labels.of(mixed.labelNames()));
  }

  private static String labels(String... rows) {
    return logOf(() -> DataChecks.labels(labelled("data", rows), AB));
  }

  @Test
  void labelsThatLookAlikeAreNamedInPairs() {
    assertTrue(
        labels("caf\u00e9", "cafe\u0301", "caf\u00e9")
            .contains(
                "data: these labels look alike, and are taken as different:"
                    + " 'cafe<U+0301>' (1) and 'caf<U+00E9>' (2); mapLabels(…) makes them one"));
    assertTrue(labels("pos", "pos ", "neg").contains("'pos' (1) and 'pos ' (1)"));
    assertTrue(labels("pos", "Pos", "neg").contains("'Pos' (1) and 'pos' (1)"));
    assertTrue(labels("very good", "very\u00a0good").contains("'very<U+00A0>good' (1)"));
    assertTrue(labels("a", "a\u200b", "b").contains("'a<U+200B>' (1)"));
    assertTrue(labels("a", "\uff41", "b").contains("'<U+FF41>' (1)")); // full width
    assertTrue(labels("positive", "p\u043esitive").contains("'p<U+043E>sitive' (1)"));
    assertTrue(labels("pos", "\"pos\"", "neg").contains("'\"pos\"' (1)"));
    assertTrue(labels("a", "01", "+1.0").contains("look alike"));
    assertEquals(
        "", labels("a", "b", "ab", "a b", "a", "'", "\"\"", "0", "-0.5", "10", "\u043e\u043a"));
    TextDataset whole = labelled("data", "1", "1.0", "2");
    assertEquals("", logOf(() -> DataChecks.labels(whole, Labels.of("1", "2"))));
    TextDataset scores = labelled("data", "1", "1 ");
    assertEquals("", logOf(() -> DataChecks.labels(scores, Labels.score())));
  }

  @Test
  void labelsThatAllStandInQuotesAreNamed() {
    String said = "data: all labels stand in quotes, which are taken for a part of them, as ";
    assertTrue(labels("\"neg\"", "\"pos\"").contains(said + "\"neg\""));
    assertTrue(labels("'neg'", "'pos'").contains(said + "'neg'"));
    assertEquals("", labels("\"neg\"", "pos", "'tis", "\""));
  }

  @Test
  void labelsOfOneExampleAreNamedWhereOthersAreCommon() {
    String[] rows = new String[13];
    Arrays.fill(rows, "pos");
    rows[3] = "neg";
    rows[7] = "psitive";
    rows[11] = "neg";
    assertTrue(labels(rows).contains("data: 1 of 3 labels have one example alone: psitive"));
    rows[11] = "ngative";
    assertTrue(
        labels(rows).contains("3 of 4 labels have one example alone: neg, ngative, psitive"));
    assertEquals("", labels("a", "b", "c", "a"));
  }

  private static String withoutLabel(Labels labels, String... rows) {
    return logOf(() -> DataChecks.withoutLabel(labelled("gold", rows), labels));
  }

  @Test
  void labelsThatMeanNoneAreCounted() {
    Labels labels = Labels.of("a", "b");
    String log = withoutLabel(labels, "a", "-", "b", "-");
    assertTrue(
        log.contains(
            "gold: 2 of 4 examples have the label -, which often means none;"
                + " they are taken as a class of their own, skipLabels(\"-\") leaves them out"),
        log);
    assertEquals(1, log.lines().count());
    log = withoutLabel(labels, "-1", "0", "1");
    assertTrue(log.contains("gold: 1 of 3 examples have the label -1, "), log);
    assertTrue(withoutLabel(labels, "-1.0", "0.0").contains("the label -1.0, "));
    assertTrue(withoutLabel(labels, "-100", "1").contains("the label -100, "));
    assertTrue(withoutLabel(labels, "-100.0", "1.0", "0.0").contains("the label -100.0, "));
    assertEquals("", withoutLabel(labels, "-1", "1"));
    assertEquals("", withoutLabel(labels, "-1.0", "1.0"));
    for (String none : List.of("nan", "NaN", "None", "NULL", "<NA>", "N/A", "\\N")) {
      assertTrue(withoutLabel(labels, none, "0", "1").contains("the label " + none + ", "), none);
    }
    assertEquals("", withoutLabel(labels, "none", "nana", "Null und nichtig"));
    assertEquals("", withoutLabel(labels, "-", "-"));
    assertEquals("", withoutLabel(labels, "a-b", "-10", "x"));
    assertEquals("", withoutLabel(Labels.score(), "-1", "0.5", "2"));
  }

  private String quotes(String lines) throws IOException {
    Path file = Files.writeString(temporary.resolve("quotes.tsv"), "text\tlabel\n" + lines);
    return logOf(() -> TextDataset.tsv(file).text("text").label("label").rows());
  }

  @Test
  void cellsQuotedAsInCsvAreCounted() throws IOException {
    String log = quotes("\"a \"\"b\"\"\"\tx\nplain\ty\n\"\"\"c\"\" d\"\tx\n");
    assertTrue(
        log.contains(
            "quotes.tsv: 2 of 3 texts look quoted as in CSV;"
                + " TSV is read without quoting, TableFormat.QUOTED_TSV with it"),
        log);
    assertEquals(1, log.lines().count());
    assertEquals("", quotes("\"a \"\"b\"\"\"\tx\nplain\ty\n"));
    assertEquals("", quotes("\"a\"\tx\n\"b \"c\" d\"\ty\n\"\tx\n\"\"\ty\n"));
  }

  @Test
  void secondTextsMayBeQuotedToo() throws IOException {
    String rows = "plain\t\"a \"\"b\"\"\"\tx\nplain\t\"\"\"c\"\" d\"\ty\n";
    Path file = Files.writeString(temporary.resolve("pairs.tsv"), "one\ttwo\tlabel\n" + rows);
    TextDataset pairs = TextDataset.tsv(file).text("one").pair("two").label("label");
    String log = logOf(pairs::rows);
    assertTrue(log.contains("pairs.tsv: 2 of 2 second texts look quoted as in CSV"), log);
    assertEquals(1, log.lines().count());
    // A writer that quotes every cell.
    log = quotes("\"a\"\tx\n\"b\"\ty\n");
    assertTrue(log.contains("quotes.tsv: 2 of 2 texts look quoted as in CSV"), log);
    TextDataset unquoted = TextDataset.of(file, TableFormat.QUOTED_TSV).text("one").pair("two");
    assertEquals("", logOf(unquoted::rows));
    assertEquals(
        List.of("a \"b\"", "\"c\" d"), unquoted.rows().stream().map(Example::secondText).toList());
  }

  private static String logOf(Runnable check) {
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    PrintStream before = System.err;
    System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
    try {
      check.run();
    } finally {
      System.setErr(before);
    }
    return log.toString(StandardCharsets.UTF_8);
  }
}
