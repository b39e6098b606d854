package io.github.jaubert.train.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.luben.zstd.Zstd;
import io.github.jaubert.fixture.Seeds;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class TextDatasetTest {
  @TempDir Path folder;

  private Path file(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }

  private static void assertFault(String expected, TextDataset data) {
    String message = assertThrows(DataException.class, data::rows).getMessage();
    assertTrue(message.startsWith(data.source()), message);
    assertEquals(expected, message.substring(data.source().length()));
  }

  private static List<String> texts(TextDataset data) {
    return data.rows().stream().map(Example::text).toList();
  }

  // ---- what is read ----

  @Test
  void tsvTakesQuotesAsText() throws IOException {
    TextDataset data =
        TextDataset.tsv(file("a.tsv", "text\tlabel\nhe said \"yes\t1\n\"and no\"\t0\n\"\t1\n"))
            .text("text")
            .label("label");
    assertEquals(List.of("he said \"yes", "\"and no\"", "\""), texts(data));
    assertEquals(List.of(2L, 3L, 4L), data.rows().stream().map(Example::line).toList());
  }

  @Test
  void tsvDropsByteOrderMarkCarriageReturnsAndEmptyLines() throws IOException {
    TextDataset data =
        TextDataset.tsv(file("a.tsv", "\uFEFFQuality\ttext\r\n1\tone\r\n\r\n0\ttwo \r\n\n"))
            .text("text")
            .label("Quality");
    assertEquals(List.of("one", "two "), texts(data));
    assertEquals(List.of("0", "1"), data.labelNames());
    assertEquals(4, data.rows().get(1).line());
  }

  @Test
  void tsvWithoutHeaderOrLastLineBreakNamesColumnsByNumber() throws IOException {
    TextDataset data =
        TextDataset.tsv(
                file("cola.tsv", "gj04\t1\t\tThe sailors rode.\ngj04\t0\t*\tWhistled Bill."))
            .noHeader()
            .text("3")
            .label("1");
    assertEquals(List.of("The sailors rode.", "Whistled Bill."), texts(data));
    assertEquals(List.of("1", "0"), data.rows().stream().map(Example::label).toList());
    assertEquals(List.of("0", "1", "2", "3"), data.columnNames());
  }

  @Test
  void tsvKeepsCharactersThatOtherReadersTakeForLineBreaks() throws IOException {
    TextDataset data =
        TextDataset.tsv(file("a.tsv", "text\na\u2028b\u0085c\u000Bd\n")).text("text");
    assertEquals(List.of("a\u2028b\u0085c\u000Bd"), texts(data));
  }

  @Test
  void csvFollowsRfc4180() throws IOException {
    String content = "id,text,label\r\n1,\"one, \"\"two\"\"\r\nthree\",yes\r\n2,plain,no\r\n";
    TextDataset data = TextDataset.csv(file("a.csv", content)).text("text").label("label");
    assertEquals(List.of("one, \"two\"\r\nthree", "plain"), texts(data));
    assertEquals(List.of(2L, 4L), data.rows().stream().map(Example::line).toList());
    assertEquals(List.of("no", "yes"), data.labelNames());
  }

  @Test
  void jsonLinesReadTextsNumbersAndArrays() throws IOException {
    String content =
        """
        {"text": "caf\\u00e9 \\"x\\"", "label": 3, "tags": ["b", "a"], "score": 0.5}
        {"score": 1, "tags": [], "label": 10, "text": "two", "more": {"deep": 1}}
        """
            .replace(", \"more\": {\"deep\": 1}", "");
    Path file = file("a.jsonl", content);
    TextDataset data = TextDataset.jsonl(file).text("text").label("label");
    assertEquals(List.of("café \"x\"", "two"), texts(data));
    assertEquals(List.of("3", "10"), data.labelNames());
    TextDataset tags = TextDataset.jsonl(file).text("text").label("tags");
    assertEquals(
        List.of(List.of("b", "a"), List.of()), tags.rows().stream().map(Example::labels).toList());
    assertEquals(List.of("a", "b"), tags.labelNames());
  }

  @Test
  void pairsAndUnlabelledRows() throws IOException {
    TextDataset data = TextDataset.tsv(file("a.tsv", "q\ts\nwho?\tme\n")).text("q").pair("s");
    assertEquals(new Example("who?", "me", List.of(), 2), data.rows().get(0));
    assertNull(data.rows().get(0).label());
    DataException e = assertThrows(DataException.class, data::labelNames);
    assertTrue(
        e.getMessage().endsWith("a.tsv: no row has a label; choose the column with label(…)"),
        e.getMessage());
  }

  @Test
  void separatorSplitsSeveralLabels() throws IOException {
    TextDataset data =
        TextDataset.tsv(file("a.tsv", "text\tlabel\none\tb|a\ntwo\t\nthree\tc\n"))
            .text("text")
            .label("label")
            .separator("|");
    assertEquals(
        List.of(List.of("b", "a"), List.of(), List.of("c")),
        data.rows().stream().map(Example::labels).toList());
    assertEquals(List.of("a", "b", "c"), data.labelNames());
  }

  @Test
  void integerLabelsSortAsNumbers() {
    List<Example> rows =
        List.of("10", "9", "-1", "2").stream().map(label -> Example.of("x", label)).toList();
    assertEquals(List.of("-1", "2", "9", "10"), TextDataset.of(rows).labelNames());
  }

  @Test
  void sampleIsSeededAndKeepsTheOrder() {
    TextDataset all =
        TextDataset.of(IntStream.range(0, 100).mapToObj(i -> Example.of("t", "" + i)).toList());
    List<Integer> drawn =
        all.sample(20, 7).rows().stream().map(e -> Integer.valueOf(e.label())).toList();
    assertEquals(20, drawn.stream().distinct().count());
    assertEquals(drawn.stream().sorted().toList(), drawn);
    assertEquals(all.sample(20, 7).rows(), all.sample(20, 7).rows());
    assertTrue(!all.sample(20, 8).rows().equals(all.sample(20, 7).rows()));
    assertEquals(100, all.sample(1000, 7).size());
  }

  @Test
  void formatFollowsTheName() {
    assertEquals(TableFormat.TSV, TableFormat.of(Path.of("x/A.TSV")));
    assertEquals(TableFormat.CSV, TableFormat.of(Path.of("a.csv")));
    assertEquals(TableFormat.JSONL, TableFormat.of(Path.of("a.ndjson")));
    DataException e = assertThrows(DataException.class, () -> TableFormat.of(Path.of("a.xlsx")));
    assertEquals(
        "a.xlsx: its name does not end in .tsv, .csv, .jsonl or .parquet; choose its TableFormat",
        e.getMessage());
  }

  @Test
  @Timeout(60)
  void aPipeIsReadOnce() throws Exception {
    Path pipe = folder.resolve("pipe.tsv");
    assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
    Process writer =
        new ProcessBuilder("sh", "-c", "printf 'text\\tlabel\\none\\ta\\n' > \"$0\"", "" + pipe)
            .start();
    try {
      TextDataset data = TextDataset.tsv(pipe);
      assertEquals(List.of("text", "label"), data.columnNames());
      TextDataset labelled = data.text("text").label("label");
      assertEquals(List.of("one"), texts(labelled));
      assertEquals(List.of("text", "label"), labelled.columnNames());
    } finally {
      writer.destroy();
    }
  }

  @Test
  void aFileIsReadAgainOnceItsRowsWereTaken() throws IOException {
    Path file = file("a.tsv", "text\none\n");
    TextDataset data = TextDataset.tsv(file).text("text");
    assertEquals(List.of("text"), data.columnNames());
    assertEquals(List.of("one"), texts(data));
    Files.writeString(file, "text\ntwo\n");
    assertEquals(List.of("two"), texts(TextDataset.tsv(file).text("text")));
    assertEquals(List.of("one"), texts(data));
  }

  // ---- what is refused ----

  @Test
  void refusesWrongColumnNames() throws IOException {
    Path file = file("a.tsv", "sentence\tlabel\na\t1\n");
    assertFault(
        ": no column text; the columns are sentence, label", TextDataset.tsv(file).text("text"));
    assertFault(
        ": no column gold; the columns are sentence, label",
        TextDataset.tsv(file).text("sentence").label("gold"));
    assertFault(
        ": no column b; the columns are sentence, label",
        TextDataset.tsv(file).text("sentence").pair("b"));
    assertFault(": no column 2; the columns are 0, 1", TextDataset.tsv(file).noHeader().text("2"));
    assertFault(
        ": choose the column of the text with text(…); the columns are sentence, label",
        TextDataset.tsv(file));
    assertFault(
        ": two columns are called a", TextDataset.tsv(file("b.tsv", "a\ta\nx\ty\n")).text("a"));
    assertFault(
        ": no column text; the columns are a, b",
        TextDataset.jsonl(file("a.jsonl", "{\"a\":1}\n{\"b\":1}\n")).text("text"));
  }

  @Test
  void refusesEmptyFiles() throws IOException {
    assertFault(": the file is empty", TextDataset.tsv(file("a.tsv", "")).text("text"));
    assertFault(": the file is empty", TextDataset.tsv(file("b.tsv", "\uFEFF")).text("text"));
    assertFault(": the file is empty", TextDataset.tsv(file("c.tsv", "\n\r\n")).text("text"));
    assertFault(": the file is empty", TextDataset.csv(file("a.csv", "\n")).text("text"));
    assertFault(": the file is empty", TextDataset.jsonl(file("a.jsonl", " \n")).text("text"));
    assertFault(
        ": nothing follows the header text, label",
        TextDataset.tsv(file("d.tsv", "text\tlabel\n")).text("text"));
    assertFault(": no such file", TextDataset.tsv(folder.resolve("none.tsv")).text("text"));
    assertFault(": is a folder, not a file", TextDataset.tsv(folder).text("text"));
  }

  @Test
  void linesThatEndInACarriageReturnAloneAreCalledThat() throws IOException {
    TextDataset data = TextDataset.tsv(file("a.tsv", "text\tlabel\ra\tx\rb\ty\r")).text("text");
    assertFault(
        ": its lines end in a carriage return alone; tr '\\r' '\\n' < FILE > OTHER makes them newlines",
        data);
    TextDataset within =
        TextDataset.tsv(file("b.tsv", "text\tlabel\na\rb\tx\n")).text("text").label("label");
    assertEquals(List.of("a\rb"), texts(within));
    TextDataset headless =
        TextDataset.tsv(file("c.tsv", "x\ta\rb\ny\tc\n")).noHeader().text("1").label("0");
    assertEquals(List.of("a\rb", "c"), texts(headless));
  }

  /** Longer than the JSON library allows by itself. */
  @Test
  void aTextOfJsonMayBeLong() throws IOException {
    int length = 21_000_000;
    String line = "{\"text\": \"" + "x".repeat(length) + "\", \"label\": \"a\"}\n";
    TextDataset data = TextDataset.jsonl(file("a.jsonl", line)).text("text").label("label");
    assertEquals(length, data.rows().get(0).text().length());
  }

  @Test
  void refusesWhatIsNotUtf8() throws IOException {
    byte[] latin1 = "text\tlabel\nfine\t1\ncaf\u00e9\t0\n".getBytes(StandardCharsets.ISO_8859_1);
    Path file = Files.write(folder.resolve("a.tsv"), latin1);
    assertFault(
        ":3: byte 0xE9 at offset 21 is not UTF-8; convert the file, for example with iconv -t UTF-8",
        TextDataset.tsv(file).text("text"));
    Path cut =
        Files.write(folder.resolve("b.csv"), new byte[] {'a', '\n', (byte) 0xE2, (byte) 0x82});
    assertFault(
        ":2: byte 0xE2 at offset 2 is not UTF-8; convert the file, for example with iconv -t UTF-8",
        TextDataset.csv(cut).text("a"));
  }

  @Test
  void anErrorIsOneLineThatPeopleRead() throws IOException {
    String cell = "\"" + "one\ntwo ".repeat(100_000) + "\"";
    TextDataset data = TextDataset.csv(file("a.csv", "text," + cell + "\na,b\n")).text("none");
    String message = assertThrows(DataException.class, data::rows).getMessage();
    assertTrue(message.length() < 2000, message);
    assertEquals(1, message.lines().count(), message);
    assertTrue(message.contains("no column none; the columns are text, one\\ntwo one"), message);
  }

  @Test
  void refusesRowsOfAnotherWidth() throws IOException {
    assertFault(
        ":3: 1 columns where the header has 2",
        TextDataset.tsv(file("a.tsv", "a\tb\nx\ty\nz\n")).text("a"));
    assertFault(
        ":2: 3 columns where the header has 2",
        TextDataset.tsv(file("b.tsv", "a\tb\nx\ty\tz\n")).text("a"));
    assertFault(
        ":2: 1 columns where the first row has 2",
        TextDataset.csv(file("a.csv", "a,b\nx\n")).noHeader().text("0"));
    assertFault(
        ":3: no value for b",
        TextDataset.jsonl(file("a.jsonl", "{\"a\":1,\"b\":2}\n\n{\"a\":1}\n"))
            .text("a")
            .label("b"));
    assertFault(
        ":1: no value for b",
        TextDataset.jsonl(file("b.jsonl", "{\"a\":1}\n{\"a\":1,\"b\":2}\n")).text("a").label("b"));
    assertFault(
        ":1: no value for a", TextDataset.jsonl(file("c.jsonl", "{\"a\":null}\n")).text("a"));
  }

  @Test
  void refusesBrokenCsvAndJson() throws IOException {
    TextDataset open =
        TextDataset.csv(file("a.csv", "text,label\nfine,1\n\"open,0\nmore,1\n")).text("text");
    assertFault(":3: (startline 3) EOF reached before encapsulated token finished", open);
    assertFault(
        ":4: Invalid character between encapsulated token and delimiter at line: 4, position: 16",
        TextDataset.csv(file("b.csv", "a,b\n\"x\nz\",1\n\"x\"y,1\n")).text("a"));
    String json =
        assertThrows(
                DataException.class,
                TextDataset.jsonl(file("a.jsonl", "{\"a\":1}\n{\"a\"")).text("a")::rows)
            .getMessage();
    assertTrue(json.contains("a.jsonl:2: not JSON: ") && !json.contains("\n"), json);
    assertFault(
        ":1: a JSON object was expected, not an array",
        TextDataset.jsonl(file("b.jsonl", "[1]\n")).text("a"));
    assertFault(":1: no value for a", TextDataset.jsonl(file("c.jsonl", "{\"a\":{}}\n")).text("a"));
    assertFault(
        ":1: a holds an array, an object or null; a text, a number, or an array of these was"
            + " expected",
        TextDataset.jsonl(file("d.jsonl", "{\"a\":[1,null]}\n")).text("a"));
    assertFault(
        ":1: a is an array; one text was expected",
        TextDataset.jsonl(file("e.jsonl", "{\"a\":[\"x\",\"y\"]}\n")).text("a"));
  }

  @Test
  void valuesInObjectsAreColumnsByTheirPaths() throws IOException {
    String rows =
        """
        {"id": 1, "meta": {"lang": "en", "by": {"name": "x"}}, "parts": [{"t": 1}, {"u": 2}], "y": "a"}
        {"id": 2, "meta": {"by": {"name": "z", "age": 3}}, "y": "b"}
        """;
    TextDataset data = TextDataset.jsonl(file("n.jsonl", rows)).label("y");
    assertEquals(
        List.of("id", "meta.lang", "meta.by.name", "parts.t", "parts.u", "y", "meta.by.age"),
        data.columnNames());
    assertEquals(
        List.of("x", "z"), data.text("meta.by.name").rows().stream().map(Example::text).toList());
    assertFault(":2: no value for meta.lang", data.text("meta.lang"));
    assertFault(
        ":1: parts.t holds an array, an object or null; a text, a number, or an array of these was"
            + " expected",
        data.text("parts.t"));
    assertFault(
        ":1: a.b is a key, and also a key of an object within the object",
        TextDataset.jsonl(file("o.jsonl", "{\"a.b\": 1, \"a\": {\"b\": 2}}\n")).text("a.b"));
  }

  @Test
  void aShareOfEachLabelIsHeldOut() {
    Random random = new Random(Seeds.SEED);
    for (int trial = 0; trial < 50; trial++) {
      int[] counts = {1, 2 + random.nextInt(20), 50 + random.nextInt(100)};
      List<Example> rows = new ArrayList<>();
      for (int label = 0; label < counts.length; label++) {
        for (int i = 0; i < counts[label]; i++) {
          rows.add(new Example("text " + rows.size(), null, List.of("" + label), 0));
        }
      }
      Collections.shuffle(rows, random);
      double share = 0.1 + 0.8 * random.nextDouble();
      long seed = random.nextLong();
      TextDataset data = TextDataset.of(rows);
      TextDataset.Split split = data.split(share, seed);
      assertEquals(split.heldOut().rows(), data.split(share, seed).heldOut().rows());
      List<Example> out = split.heldOut().rows();
      List<Example> together = new ArrayList<>(rows);
      together.removeAll(out);
      assertEquals(together, split.train().rows());
      for (int label = 0; label < counts.length; label++) {
        String name = "" + label;
        long held = out.stream().filter(row -> row.labels().contains(name)).count();
        double expected = counts[label] == 1 ? 0 : share * counts[label];
        assertTrue(Math.abs(held - expected) < 1, share + " of " + counts[label] + ": " + held);
      }
    }
    List<Example> scores =
        IntStream.range(0, 40)
            .mapToObj(i -> new Example("text", null, List.of(i + ".5"), 0))
            .toList();
    assertEquals(10, TextDataset.of(scores).split(0.25, 1).heldOut().size());
    String none =
        assertThrows(DataException.class, () -> TextDataset.of(scores).split(0.001, 1))
            .getMessage();
    assertEquals("examples: of 40 rows a share of 0.001 is all or none", none);
    assertThrows(IllegalArgumentException.class, () -> TextDataset.of(scores).split(1, 1));
  }

  @Test
  void groupsAreHeldOutWhole() throws IOException {
    StringBuilder csv = new StringBuilder("text,label,author\n");
    for (int i = 0; i < 60; i++) {
      csv.append("text ")
          .append(i)
          .append(',')
          .append(i % 2)
          .append(",a")
          .append(i % 7)
          .append('\n');
    }
    TextDataset data = TextDataset.csv(file("g.csv", csv.toString())).text("text").label("label");
    TextDataset.Split split = data.splitByGroup("author", 0.3, 5);
    Set<Long> held = new HashSet<>();
    split.heldOut().rows().forEach(row -> held.add((row.line() - 2) % 7));
    int size = split.heldOut().size();
    assertTrue(size >= 18 && size < 18 + 9, "" + size); // groups of 8 or 9, until there are 18 rows
    split.train().rows().forEach(row -> assertFalse(held.contains((row.line() - 2) % 7)));
    assertEquals(60, split.train().size() + split.heldOut().size());
    String one =
        assertThrows(DataException.class, () -> data.splitByGroup("author", 0.99, 5)).getMessage();
    assertTrue(one.endsWith("60 rows in 7 groups: a share of 0.99 would be all of them"), one);
    assertThrows(DataException.class, () -> data.splitByGroup("writer", 0.5, 5));
  }

  @Test
  void packedFilesAreReadWhateverTheirName() throws IOException {
    byte[] csv = "text,label\n\"one, two\",1\nthree,0\n".getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream gzip = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(gzip)) {
      out.write(csv);
    }
    List<Example> expected =
        TextDataset.csv(file("a.csv", new String(csv, StandardCharsets.UTF_8)))
            .text("text")
            .label("label")
            .rows();
    for (String name : List.of("b.csv", "b.CSV.gz", "b.csv.zst")) {
      for (byte[] packed : List.of(gzip.toByteArray(), Zstd.compress(csv))) {
        Path file = Files.write(folder.resolve(name), packed);
        TextDataset data = TextDataset.of(file, TableFormat.of(file));
        assertEquals(expected, data.text("text").label("label").rows(), name);
      }
    }
    Path cut = Files.write(folder.resolve("c.tsv.gz"), Arrays.copyOf(gzip.toByteArray(), 20));
    DataException refused =
        assertThrows(DataException.class, () -> TextDataset.tsv(cut).text("text").rows());
    assertTrue(
        refused.getMessage().startsWith(cut + ": what is packed in it is damaged or cut short: "),
        refused.getMessage());
  }

  @Test
  void refusesEmptyLabels() throws IOException {
    assertFault(
        ":3: the label is empty; skipLabels(\"\") leaves such rows out",
        TextDataset.tsv(file("a.tsv", "text\tlabel\nx\t1\ny\t \n")).text("text").label("label"));
  }

  private TextDataset jsonLabels(String... labels) throws IOException {
    String lines =
        Arrays.stream(labels)
            .map(label -> "{\"text\": \"x\", \"label\": " + label + "}\n")
            .collect(Collectors.joining());
    return TextDataset.jsonl(file("labels.jsonl", lines)).text("text").label("label");
  }

  @Test
  void refusesFlagsAsLabels() throws IOException {
    String why = " looks like flags, one for each label, not names; flagLabels(…) gives the names";
    assertFault(":1: [1, 0]" + why, jsonLabels("[1, 0]", "[0,1]"));
    assertFault(":1: [1.0, 0.0, 1.0]" + why, jsonLabels("[1.0, 0.0, 1.0]", "[0.0, 1.0, 0.0]"));
    assertFault(":1: [true, false]" + why, jsonLabels("[true, false]", "[false, false]"));
    // These are names.
    assertEquals(List.of("0", "1"), jsonLabels("[\"1\", \"0\"]", "[\"0\", \"1\"]").labelNames());
    assertEquals(List.of("0", "1"), jsonLabels("[1, 0]", "[]", "[1]").labelNames());
    assertEquals(List.of("0", "1", "2"), jsonLabels("[1, 0]", "[2, 0]").labelNames());
    assertEquals(List.of("0", "1"), jsonLabels("[0]", "[1]").labelNames());
    assertEquals(List.of("0", "1"), jsonLabels("0", "1").labelNames());
  }
}
