package io.github.jaubert.train.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.jaubert.bert.Labels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Labels are renamed and rows left out only as someone says. */
class LabelRulesTest {
  @TempDir Path folder;

  private TextDataset tsv(String rows) throws IOException {
    Path file = Files.writeString(folder.resolve("a.tsv"), "text\tlabel\n" + rows);
    return TextDataset.tsv(file).text("text").label("label");
  }

  private static List<String> labels(TextDataset data) {
    return data.rows().stream().map(Example::label).toList();
  }

  private static void assertFault(String expected, TextDataset data) {
    assertEquals(
        data.source() + expected, assertThrows(DataException.class, data::rows).getMessage());
  }

  @Test
  void labelsAreRenamedAllAtOnce() throws IOException {
    TextDataset numbered = tsv("a\t1\nb\t0\nc\t1\nd\tpos\n");
    TextDataset named = numbered.mapLabels(Map.of("0", "neg", "1", "pos"));
    assertEquals(List.of("pos", "neg", "pos", "pos"), labels(named));
    assertEquals(3, named.rows().get(1).line());
    assertEquals(List.of("1", "0", "1", "pos"), labels(numbered));
    TextDataset swapped = numbered.mapLabels(Map.of("0", "1", "1", "0"));
    assertEquals(List.of("0", "1", "0", "pos"), labels(swapped));
    Targets targets = Targets.of(named, Labels.of("neg", "pos"));
    assertEquals(1, targets.value(0, 0));
    assertEquals(0, targets.value(1, 0));
    TextDataset tags =
        TextDataset.of(List.of(new Example("x", null, List.of("a", "A", "b"), 0)))
            .mapLabels(Map.of("A", "a"));
    assertEquals(List.of("a", "b"), tags.rows().get(0).labels());
  }

  @Test
  void aLabelThatIsNotThereIsNotRenamed() throws IOException {
    for (String old : List.of("1", "Neg", "neg ")) {
      DataException error =
          assertThrows(
              DataException.class, () -> tsv("a\tneg\nb\tpos\n").mapLabels(Map.of(old, "x")));
      assertEquals(
          folder.resolve("a.tsv") + ": no label " + old + " to rename; the labels are neg, pos",
          error.getMessage());
    }
  }

  @Test
  void rowsAreLeftOutByTheirLabel() throws IOException {
    String rows = "a\t-\nb\tyes\nc\tno\nd\t-1\n";
    assertEquals(List.of("yes", "no", "-1"), labels(tsv(rows).skipLabels("-")));
    assertEquals(List.of("yes", "no"), labels(tsv(rows).skipLabels("-", "-1")));
    assertEquals(List.of("yes", "no"), labels(tsv(rows).skipLabels("-").skipLabels("-1")));
    assertEquals(4, tsv(rows).skipLabels("none").size());
    TextDataset list = TextDataset.of(List.of(Example.of("a", "-"), Example.of("b", "x")));
    assertEquals(List.of("x"), labels(list.skipLabels("-")));
    assertFault(": every row is left out", tsv("a\t-\n").skipLabels("-"));
  }

  @Test
  void rowsWithoutALabelAreLeftOutWhereAsked() throws IOException {
    assertFault(
        ":3: the label is empty; skipLabels(\"\") leaves such rows out", tsv("a\t1.0\nb\t\n"));
    assertEquals(List.of("1.0", "0.0"), labels(tsv("a\t1.0\nb\t\nc\t0.0\n").skipLabels("")));
    Path json =
        Files.writeString(
            folder.resolve("a.jsonl"),
            "{\"text\":\"a\",\"label\":1}\n{\"text\":\"b\",\"label\":null}\n{\"text\":\"c\"}\n");
    TextDataset rows = TextDataset.jsonl(json).text("text").label("label");
    assertEquals(List.of("1"), labels(rows.skipLabels("")));
    assertFault(":2: no value for label", rows);
  }

  @Test
  void flagsInATextAreFlagsToo() throws IOException {
    String why = " looks like flags, one for each label, not names; flagLabels(…) gives the names";
    assertFault(":2: [1, 0]" + why, tsv("a\t[1, 0]\nb\t[0, 1]\n"));
    assertFault(":2: 1 0 1" + why, tsv("a\t1 0 1\nb\t0 0 0\n"));
    assertFault(":2: 0,1,0" + why, tsv("a\t0,1,0\nb\t1,1,0\n").separator(","));
    assertFault(":2: 1.0|0.0" + why, tsv("a\t1.0|0.0\nb\t0.0|1.0\n").separator("|"));
    assertFault(":2: [True False]" + why, tsv("a\t[True False]\nb\t[True True]\n"));
    assertFault(":2: [1. 0.]" + why, tsv("a\t[1. 0.]\nb\t[0. 1.]\n")); // as NumPy writes it
    assertEquals(List.of("0,1", "1,0"), tsv("a\t1,0\nb\t0,1\n").labelNames()); // fractions
    assertEquals(List.of("0", "1"), tsv("a\t1,0\nb\t1\n").separator(",").labelNames());
    assertEquals(List.of("1/0", "1/2"), tsv("a\t1/2\nb\t1/0\n").labelNames());
    assertEquals(List.of("0", "1"), tsv("a\t1\nb\t0\n").labelNames());
  }

  @Test
  void flagsTakeNames() throws IOException {
    for (String rows :
        List.of(
            "a\t[1, 0, 1]\nb\t[0, 0, 0]\n",
            "a\t1 0 1\nb\t0 0 0\n",
            "a\t1.0;0.0;1.0\nb\t0.0;0;0\n",
            "a\t(true, false, True)\nb\tfalse,false,false\n")) {
      TextDataset data = tsv(rows).flagLabels("x", "y", "z");
      assertEquals(List.of("x", "z"), data.rows().get(0).labels(), rows);
      assertEquals(List.of(), data.rows().get(1).labels(), rows);
    }
    Path json =
        Files.writeString(
            folder.resolve("f.jsonl"),
            "{\"text\":\"a\",\"label\":[1.0, 0.0]}\n{\"text\":\"b\",\"label\":[true, true]}\n");
    TextDataset data = TextDataset.jsonl(json).text("text").label("label").flagLabels("x", "y");
    assertEquals(List.of("x"), data.rows().get(0).labels());
    assertEquals(List.of("x", "y"), data.rows().get(1).labels());
    assertFault(":2: [[1, 0]] for 3 labels, x, y, z", tsv("a\t[1, 0]\n").flagLabels("x", "y", "z"));
    assertFault(":2: 2 is no flag, 0 or 1", tsv("a\t2 0\n").flagLabels("x", "y"));
  }

  @Test
  void aSampleKeepsRowsWithoutALabelAmongOthers() {
    TextDataset tags =
        TextDataset.of(
            List.of(
                new Example("x", null, List.of(), 0),
                new Example("y", null, List.of("a"), 0),
                new Example("z", null, List.of("b", "a"), 0)));
    assertEquals(List.of("a", "b"), tags.labelNames());
    TextDataset none = TextDataset.of(List.of(new Example("x", null, List.of(), 0)));
    assertEquals(
        "examples: no row has a label",
        assertThrows(DataException.class, none::labelNames).getMessage());
  }

  @Test
  void chosenColumnsAreToldByName() throws IOException {
    assertEquals("text: text, label: label", tsv("a\tb\n").chosenColumns());
    assertEquals(
        "text: text, second text: label", tsv("a\tb\n").label(null).pair("label").chosenColumns());
    assertEquals("", TextDataset.of(List.of()).chosenColumns());
  }

  @Test
  void writtenFormsAreNumbersAsMostProgramsWriteThem() {
    for (String number : List.of("1", "-1", "+1.5", ".5", "5.", "1e-3", "2.50E+2")) {
      assertEquals(true, LabelText.isNumber(number), number);
    }
    for (String text : List.of("", "1d", "1f", "0x1p3", "1_0", "NaN", "1,5", "\u0661", "1 2")) {
      assertEquals(false, LabelText.isNumber(text), text);
    }
    for (String number : List.of("3,25", "1,234", "1,234.5", "1.234,5", "-0,5", "1,234,567")) {
      assertEquals(true, LabelText.isNumberWithComma(number), number);
    }
    for (String text : List.of("a,b", ",5", "5,", "1, 2", "3.25")) {
      assertEquals(false, LabelText.isNumberWithComma(text), text);
    }
    assertEquals("5", LabelText.withoutFraction("5.00"));
    assertEquals("5.5", LabelText.withoutFraction("5.5"));
    assertEquals("v1.0", LabelText.withoutFraction("v1.0"));
  }
}
