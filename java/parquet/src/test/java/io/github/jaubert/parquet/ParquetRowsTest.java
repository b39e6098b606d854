package io.github.jaubert.parquet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.train.corpus.Corpus;
import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.Example;
import io.github.jaubert.train.data.RowSource;
import io.github.jaubert.train.data.SourceRows;
import io.github.jaubert.train.data.TableFormat;
import io.github.jaubert.train.data.TaggedDataset;
import io.github.jaubert.train.data.TextDataset;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that pyarrow wrote, see {@code src/test/python/parquet_files.py}. */
class ParquetRowsTest {
  private static final String[] ROWS = {
    """
    {"text": "one", "label": 0, "double": 0.1, "float": 0.1, "flag": true, "words": ["a", "b"],
     "tags": [1, 0], "meta": {"lang": "en", "by": {"age": 1}}, "category": "x",
     "date": "2020-01-02", "time": "2020-01-02T03:04:05.678", "utc": "2020-01-02T03:04:05.678Z",
     "price": -1.20, "cents": 3.05, "bytes": "AP8=", "plain": "text", "structs": [{"a": 1}],
     "map": {"k": 1}, "byte": 1, "word": 1}
    """,
    """
    {"text": "zwei \u00fc", "label": 1, "double": -1.25, "float": 2.0, "flag": false, "words": [],
     "tags": [], "meta": {"lang": null, "by": null}, "category": "y",
     "date": "2020-01-02", "time": "2020-01-02T03:04:05.678", "utc": "2020-01-02T03:04:05.678Z",
     "price": -1.20, "cents": 3.05, "bytes": "AP8=", "plain": "text", "structs": [], "map": {},
     "byte": 255, "word": 18446744073709551615}
    """,
    """
    {"text": null, "label": -1, "double": null, "float": null, "flag": null, "words": null,
     "tags": null, "meta": null, "category": "x",
     "date": "2020-01-02", "time": "2020-01-02T03:04:05.678", "utc": "2020-01-02T03:04:05.678Z",
     "price": -1.20, "cents": 3.05, "bytes": "AP8=", "plain": "text", "structs": null,
     "map": null, "byte": null, "word": null}
    """
  };

  @TempDir Path folder;

  private Path file(String name) throws IOException {
    Path to = folder.resolve(name);
    try (InputStream in = ParquetRowsTest.class.getResourceAsStream(name)) {
      Files.write(to, in.readAllBytes());
    }
    return to;
  }

  private static List<JsonNode> rows(Path file) throws IOException {
    List<JsonNode> rows = new ArrayList<>();
    try (RowSource.Rows open = RowSource.of(file)) {
      for (ObjectNode row = open.next(); row != null; row = open.next()) {
        rows.add(row);
      }
    }
    return rows;
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "snappy", "gzip", "lz4"})
  void everyTypeBecomesAValue(String codec) throws IOException {
    List<JsonNode> rows = rows(file(codec + ".parquet"));
    assertEquals(ROWS.length, rows.size());
    for (int i = 0; i < ROWS.length; i++) {
      JsonNode expected = JsonMapper.builder().build().readTree(ROWS[i]);
      // As texts, since a float and a decimal are other classes than what the parser makes.
      assertEquals(new TreePrinter(expected).text(), new TreePrinter(rows.get(i)).text());
    }
  }

  /** A tree with its numbers as the shortest texts. */
  private record TreePrinter(JsonNode node) {
    String text() {
      if (node.isObject()) {
        List<String> parts = new ArrayList<>();
        node.properties()
            .forEach(e -> parts.add(e.getKey() + ":" + new TreePrinter(e.getValue()).text()));
        return parts.toString();
      }
      if (node.isArray()) {
        List<String> parts = new ArrayList<>();
        node.forEach(element -> parts.add(new TreePrinter(element).text()));
        return parts.toString();
      }
      return node.isFloatingPointNumber()
          ? Double.toString(Double.parseDouble(node.asText()))
          : node.asText();
    }
  }

  @Test
  void classLabelsHaveTheirNames() throws IOException {
    Path file = file("zstd.parquet");
    TextDataset data = TextDataset.of(file, TableFormat.of(file)).text("category").label("label");
    assertThrows(DataException.class, data::rows); // the label of the last row is -1
    List<Example> rows = data.skipLabels("").rows();
    assertEquals(List.of("negative"), rows.get(0).labels());
    assertEquals(List.of("positive"), rows.get(1).labels());
    assertEquals(2, rows.size());
    JsonNode tags = rows(file).get(0).path("tags");
    assertEquals("[\"B\",\"O\"]", tags.toString());
  }

  @Test
  void oldListsAreListsToo() throws IOException {
    Path file = file("old-lists.parquet");
    assertEquals("{\"words\":[\"a\"]}", rows(file).get(0).toString());
    assertEquals("{\"words\":[\"b\",\"c\"]}", rows(file).get(1).toString());
  }

  @Test
  void dataSetsAndCorporaReadThem() throws IOException {
    Path file = file("snappy.parquet");
    TextDataset data = TextDataset.parquet(file);
    assertTrue(data.columnNames().containsAll(List.of("text", "meta.by.age", "words")));
    assertEquals(
        file + ":3: no value for text",
        assertThrows(DataException.class, data.text("text")::rows).getMessage());
    assertEquals(
        file + ": PARQUET names the columns; there is no header to leave out",
        assertThrows(IllegalArgumentException.class, data::noHeader).getMessage());
    SourceRows source = SourceRows.read(file, TableFormat.PARQUET, true);
    assertEquals(List.of(1L, 2L, 3L), source.lines());
    Path out = folder.resolve("out.jsonl");
    source.write(out, TableFormat.JSONL, List.of("p"), new LinkedHashMap<>(Map.of(2L, List.of(1))));
    assertTrue(Files.readString(out).contains("\"text\":\"zwei \u00fc\""));
    List<String> texts = new ArrayList<>();
    Corpus.of(file).json("text").texts().forEach(texts::add);
    assertEquals(List.of("one", "zwei \u00fc"), texts);
    assertEquals(
        file + ":1: label is no text but number",
        assertThrows(
                DataException.class, () -> Corpus.of(file).json("label").texts().forEach(t -> {}))
            .getMessage());
    Path named = file("zstd.parquet");
    TaggedDataset tagged = TaggedDataset.parquet(named).words("words").tags("tags");
    assertEquals(
        named + ":3: no value for words",
        assertThrows(DataException.class, tagged::sentences).getMessage());
  }

  @Test
  void whatIsNotReadIsRefusedByName() throws IOException {
    Path brotli = file("brotli.parquet");
    assertEquals(
        brotli
            + ": column text is packed with BROTLI, which is not read; write it with snappy or"
            + " zstd",
        assertThrows(DataException.class, () -> rows(brotli)).getMessage());
    Path missing = folder.resolve("missing.parquet");
    assertEquals(
        missing + ": no such file",
        assertThrows(DataException.class, () -> rows(missing)).getMessage());
    for (String text : new String[] {"", "PAR1", "text,label\na,1\n"}) {
      Path other = Files.writeString(folder.resolve("other.parquet"), text);
      String message = assertThrows(DataException.class, () -> rows(other)).getMessage();
      assertTrue(message.startsWith(other + ": is no Parquet file, or damaged: "), message);
    }
  }

  /** Bytes from a stranger end in rows or in an error that names the file. */
  @Test
  void damagedFilesAreRefusedOrRead() throws IOException {
    Random random = new Random(7);
    byte[] whole = Files.readAllBytes(file("gzip.parquet"));
    Path damaged = folder.resolve("damaged.parquet");
    int refused = 0;
    for (int i = 0; i < 200; i++) {
      byte[] bytes = whole.clone();
      for (int n = 1 + random.nextInt(4); n > 0; n--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      Files.write(damaged, i % 5 == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length)) : bytes);
      try {
        TextDataset.parquet(damaged).columnNames();
      } catch (DataException e) {
        assertTrue(e.getMessage().startsWith(damaged.toString()), e.getMessage());
        assertTrue(e.getMessage().length() < 2000, e.getMessage());
        refused++;
      }
    }
    assertTrue(refused > 50, "" + refused);
  }
}
