package io.github.jaubert.train.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.jaubert.fixture.Seeds;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows one after another are the rows that a data set has. */
class RowReaderTest {
  private static final long SEED = Seeds.SEED;

  @TempDir Path folder;

  private final Random random = new Random(SEED + 31);

  private String cell(boolean quoted) {
    String alphabet = quoted ? "ab \"é,\n字\r😀" : "ab \"é,字\r😀";
    int[] points = alphabet.codePoints().toArray();
    StringBuilder cell = new StringBuilder("x");
    int length = random.nextInt(20) == 0 ? 40_000 : random.nextInt(12);
    for (int i = 0; i < length; i++) {
      cell.appendCodePoint(points[random.nextInt(points.length)]);
    }
    return cell.append('x').toString();
  }

  private void assertSame(Path file, TableFormat format) {
    List<Example> expected = TextDataset.of(file, format).text("text").label("label").rows();
    List<Example> found = new ArrayList<>();
    try (RowReader rows = new RowReader(file, format, true)) {
      assertEquals(List.of("text", "label"), rows.columns());
      for (RowReader.Row row = rows.next(); row != null; row = rows.next()) {
        found.add(
            new Example(
                row.text("text"),
                null,
                row.texts("label").stream().map(String::strip).toList(),
                row.line()));
      }
      assertNull(rows.next());
    }
    assertEquals(expected, found, "-Djaubert.seed=" + SEED);
  }

  @Test
  void tables() throws IOException {
    StringBuilder tabs = new StringBuilder("\uFEFFtext\tlabel\r\n");
    StringBuilder commas = new StringBuilder("text,label\n");
    for (int i = 0; i < 200; i++) {
      tabs.append(cell(false)).append('\t').append(i % 3);
      tabs.append(random.nextBoolean() ? "\n" : "\r\n").append(i % 7 == 0 ? "\n" : "");
      commas.append('"').append(cell(true).replace("\"", "\"\"")).append("\",").append(i % 3);
      commas.append(i == 199 ? "" : "\n");
    }
    assertSame(Files.writeString(folder.resolve("a.tsv"), tabs), TableFormat.TSV);
    assertSame(Files.writeString(folder.resolve("a.csv"), commas), TableFormat.CSV);
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
      out.write(tabs.toString().getBytes(StandardCharsets.UTF_8));
    }
    assertSame(Files.write(folder.resolve("a.tsv.gz"), packed.toByteArray()), TableFormat.TSV);
  }

  @Test
  void objects() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("a.jsonl"),
            "{\"text\": \"a\", \"label\": [\"x\", \"y\"]}\n\n{\"label\": 1, \"text\": \"b\\ud800\"}\n");
    assertSame(file, TableFormat.JSONL);
    Path nested =
        Files.writeString(
            folder.resolve("b.jsonl"), "{\"a\": {\"b\": \"c\"}, \"d\": null}\n{\"d\": \"e\"}");
    try (RowReader rows = new RowReader(nested, TableFormat.JSONL, true)) {
      assertEquals(List.of("a.b", "d"), rows.columns());
      RowReader.Row first = rows.next();
      assertEquals("c", first.text("a.b"));
      assertFalse(first.has("d"));
      RowReader.Row second = rows.next();
      assertFalse(second.has("a.b"));
      assertEquals("e", second.text("d"));
    }
  }

  @Test
  void linesOfText() throws IOException {
    Path file = Files.writeString(folder.resolve("a.txt"), "one\t1\n\ntwo\r\n");
    try (RowReader rows = RowReader.lines(file, "text")) {
      assertEquals(List.of("text"), rows.columns());
      assertEquals("one\t1", rows.next().text("text"));
      RowReader.Row second = rows.next();
      assertEquals(3, second.line());
      assertEquals("{\"text\":\"two\"}", second.object().toString());
      assertNull(rows.next());
    }
  }

  /** A pipe is read once, and its first row tells the columns before it is asked for. */
  @Test
  void columnsOfAPipe() throws Exception {
    Path pipe = folder.resolve("pipe.jsonl");
    assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
    Thread writer =
        new Thread(
            () -> {
              try {
                Files.writeString(pipe, "{\"a\": \"1\"}\n{\"a\": \"2\"}\n");
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    writer.start();
    try (RowReader rows = new RowReader(pipe, null, true)) {
      assertEquals(List.of("a"), rows.columns());
      assertEquals(List.of("a"), rows.columns());
      assertEquals("1", rows.next().text("a"));
      assertEquals("2", rows.next().text("a"));
      assertNull(rows.next());
    }
    writer.join();
  }

  @Test
  void faultsNameTheLine() throws IOException {
    Path ragged = Files.writeString(folder.resolve("a.tsv"), "text\tlabel\na\tb\nc\td\te\n");
    try (RowReader rows = new RowReader(ragged, TableFormat.TSV, true)) {
      rows.next();
      assertEquals(
          ragged + ":3: 3 columns where the header has 2",
          assertThrows(DataException.class, rows::next).getMessage());
    }
    Path json = Files.writeString(folder.resolve("a.jsonl"), "{\"text\": \"a\"}\n[1]\n");
    try (RowReader rows = new RowReader(json, TableFormat.JSONL, true)) {
      rows.next();
      assertEquals(
          json + ":2: a JSON object was expected, not an array",
          assertThrows(DataException.class, rows::next).getMessage());
    }
    Path none = folder.resolve("none.tsv");
    assertEquals(
        none + ": no such file",
        assertThrows(DataException.class, () -> new RowReader(none, TableFormat.TSV, true))
            .getMessage());
  }
}
