package io.github.jaubert.measure.card;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.measure.DataMeasurement;
import io.github.jaubert.train.data.TableFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a card says of data: figures, and no text of them. */
class DataLinesTest {
  @TempDir Path folder;

  private DataMeasurement measurement() throws IOException {
    Path train =
        Files.writeString(
            folder.resolve("train.tsv"),
            "text\tlabel\na warm film\tgood\nA warm film!\tbad\nquite another story\tgood\n");
    Path eval =
        Files.writeString(
            folder.resolve("dev.tsv"), "text\tlabel\na warm film\tgood\nnothing like it\tbad\n");
    return DataMeasurement.of(train, TableFormat.TSV)
        .text("text")
        .label("label")
        .against(eval, TableFormat.TSV, true);
  }

  private static final List<String> REST =
      List.of(
          "2 labels: good 66.7 %, bad 33.3 %; none given: 0.",
          "Texts that an earlier row has, too: 1; similar to one: 0; with another label there: 1.",
          "Of 2 rows to judge by, 1 have a text that is learnt from, 0 a similar one.");

  @Test
  void figuresOfAll() throws IOException {
    List<String> lines = DataLines.of(measurement().run());
    assertEquals(
        "text: 3 rows, blank 0; words a text 3 to 3, median 3, nine in ten up to 3.", lines.get(0));
    assertEquals(REST, lines.subList(1, 4));
    assertEquals("Personal data were found in 0 rows.", lines.get(4));
    assertTrue(lines.get(5).matches("Languages of the texts: [a-z]{2,3}.* %\\."), lines.get(5));
  }

  @Test
  void theQuickPartHasNoLengths() throws IOException {
    List<String> lines = DataLines.of(measurement().quick().run());
    assertEquals("text: 3 rows, blank 0; lengths: not measured.", lines.get(0));
    assertEquals(REST, lines.subList(1, 4));
    assertEquals("Personal data and languages: not measured; jaubert measure does.", lines.get(4));
  }
}
