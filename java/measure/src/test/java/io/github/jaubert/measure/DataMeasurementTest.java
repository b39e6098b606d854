package io.github.jaubert.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.Example;
import io.github.jaubert.train.data.TableFormat;
import io.github.jaubert.train.data.TextDataset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataMeasurementTest {
  @TempDir Path folder;

  private final Random random = new Random(Seeds.seed("data"));

  private String sentence(int words) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < words; i++) {
      text.append(i == 0 ? "" : " ").append(Integer.toString(random.nextInt(1 << 30), 36));
    }
    return text.toString();
  }

  private Path file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  @Test
  void whatWasPlantedIsFoundAndSaid() throws IOException {
    List<String> train = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      train.add(sentence(30) + "\t" + (i < 470 ? "good" : i < 499 ? "bad" : "Good"));
    }
    for (int i = 0; i < 20; i++) {
      train.add(train.get(i));
    }
    train.add(train.get(3).replace("\tgood", "\tbad"));
    train.add(" \tgood");
    train.add("nan\tgood");
    List<String> dev = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      dev.add(sentence(30) + "\tgood");
    }
    dev.set(11, train.get(100).replace("\tgood", " !\tgood"));
    dev.set(12, "x " + train.get(101).replace("\tgood", "\tbad"));
    Path learnt = file("train.tsv", "text\tlabel\n" + String.join("\n", train) + "\n");
    Path judged = file("dev.tsv", "text\tlabel\n" + String.join("\n", dev) + "\n");
    DataReport report =
        DataMeasurement.of(learnt, TableFormat.TSV)
            .text("text")
            .label("label")
            .against(judged, TableFormat.TSV, true)
            .quick()
            .run();
    assertEquals(523, report.rows());
    assertEquals(1, report.texts().get(0).blank());
    assertEquals(1, report.texts().get(0).placeholders());
    assertEquals(21, report.duplicates().repeated(), Seeds.said());
    assertEquals(1, report.duplicates().conflicting(), Seeds.said());
    assertEquals(3, report.duplicates().groups().get(0).rows());
    assertEquals(5, report.duplicates().groups().get(0).line());
    LeakReport leaks = report.leaks();
    assertEquals(1, leaks.exact(), Seeds.said());
    assertEquals(1, leaks.similar(), Seeds.said());
    assertEquals(1, leaks.conflicting(), Seeds.said());
    assertEquals(13, leaks.examples().get(0).line());
    assertEquals(102, leaks.examples().get(0).learntLine());
    assertEquals(14, leaks.examples().get(1).line());
    assertNull(report.labels().scores());
    assertEquals(
        List.of(
            "leak: 1 of 50 rows of "
                + judged
                + " have a text that is learnt from (2.0 %), 1 more a"
                + " similar one; 1 have another label there",
            "contradictions: 1 rows have a text that an earlier row has with another label",
            "duplicates: 21 of 523 rows repeat the text of an earlier one (4.0 %), 0 more are similar"
                + " to one",
            "labels that look alike are different ones: 'good' (492) and 'Good' (1)",
            "imbalance: good has 492 rows (94.1 %), Good has 1",
            "no text in text: 2 of 523 rows (0 missing, 1 blank, 1 such as nan)"),
        report.notices().stream().map(Notice::text).toList());
  }

  @Test
  void scoresAreSkewedAndClassesAreNot() {
    List<Example> rows = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      rows.add(Example.of(sentence(5), i < 190 ? 0.5f : 90.5f));
    }
    DataReport report = DataMeasurement.of(TextDataset.of(rows)).quick().run();
    assertTrue(report.labels().scores().skewness() > 4, report.labels().toString());
    assertTrue(report.labels().classes().isEmpty());
    rows.replaceAll(row -> Example.of(row.text(), row.label().startsWith("9") ? "1" : "0"));
    assertNull(DataMeasurement.of(TextDataset.of(rows)).quick().run().labels().scores());
  }

  /** Control characters, half surrogates, mark-up, and a cell of two million characters. */
  @Test
  void hostileCellsAreTextsLikeOthers() throws IOException {
    String large = ("<script>alert(1)</script> " + "ab cd ").repeat(60_000);
    Path file =
        file(
            "hostile.jsonl",
            "{\"text\": \"a\\ud800b \\u0000\\u0007\\u202e</script><img src=x onerror=alert(1)>\","
                + " \"label\": \"<b>\"}\n{\"text\": \""
                + large
                + "\", \"label\": \"\\udc00\"}\n{\"text\": null, \"label\": \"<b>\"}\n{\"label\": \"c\"}\n");
    DataReport report =
        DataMeasurement.of(file, TableFormat.JSONL).text("text").label("label").run();
    assertEquals(4, report.rows());
    assertEquals(2, report.texts().get(0).missing());
    assertEquals(large.length(), report.texts().get(0).characters().max());
    assertTrue(report.duplicates().distinct() == 2);
    byte[] json = JsonFiles.format(report.json()); // which refuses half surrogates
    assertTrue(json.length < 100_000, "a cell is shown in part: " + json.length);
  }

  @Test
  void badFilesAreRefusedInALine() throws IOException {
    Path empty = file("empty.tsv", "");
    Path header = file("header.tsv", "text\tlabel\n");
    Path ragged = file("ragged.tsv", "text\tlabel\na\tb\nc\n");
    assertRefused(empty, empty + ": the file is empty");
    assertRefused(header, header + ": nothing follows the header text, label");
    assertRefused(ragged, ragged + ":3: 1 columns where the header has 2");
    assertRefused(folder, folder + ": is a folder, not a file");
    assertRefused(folder.resolve("none.tsv"), folder.resolve("none.tsv") + ": no such file");
    Path other = file("other.tsv", "texts\tlabel\na\tb\n");
    assertRefused(other, other + ": no column text; the columns are texts, label");
    Path latin = folder.resolve("latin.tsv");
    Files.write(latin, new byte[] {'t', 'e', 'x', 't', '\n', (byte) 0xe9, '\n'});
    String said =
        assertThrows(DataException.class, () -> DataMeasurement.of(latin, TableFormat.TSV).run())
            .getMessage();
    assertTrue(said.contains("not UTF-8"), said);
  }

  private static void assertRefused(Path file, String message) {
    DataException refused =
        assertThrows(DataException.class, () -> DataMeasurement.of(file, TableFormat.TSV).run());
    String said = refused.getMessage();
    assertTrue(said.startsWith(message) || said.equals(message), said + " instead of " + message);
  }

  @Test
  void personalDataAreFoundAndNowhereShown() throws IOException {
    String mail = "jane.doe@mail.example.org";
    String card = "4111 1111 1111 1111";
    StringBuilder rows = new StringBuilder("text\tlabel\n");
    for (int i = 0; i < 3; i++) {
      rows.append("Write to ").append(mail).append(" or pay with ").append(card).append(", please");
      rows.append(i == 2 ? " do" : "").append("\tx\n");
    }
    rows.append(sentence(9)).append("\ty\n");
    Path file = file("people.tsv", rows.toString());
    DataReport report =
        DataMeasurement.of(file, TableFormat.TSV)
            .label("label")
            .against(file, TableFormat.TSV, true)
            .run();
    assertEquals(3, report.personalData().rows());
    assertEquals(
        "[Kind[kind=email, count=3", report.personalData().kinds().toString().substring(0, 25));
    assertTrue(
        report.notices().toString().contains("personal data: 3 of 4 rows, email 3, card 3"),
        report.notices().toString());
    String json = report.json().toString();
    assertTrue(json.contains("j•••@•••.org"), json);
    assertTrue(!json.contains(mail) && !json.contains(card), json);
  }
}
