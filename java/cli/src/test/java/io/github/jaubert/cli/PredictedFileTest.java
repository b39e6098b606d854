package io.github.jaubert.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.jaubert.train.data.Example;
import io.github.jaubert.train.data.RowReader;
import io.github.jaubert.train.data.TextDataset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Rows of files are predicted in their order and written with all their columns. */
class PredictedFileTest extends CommandFixture {
  private static final JsonMapper JSON = new JsonMapper();

  private Path file(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }

  private Result predict(Path data, Path out, Object... more) {
    List<Object> words = new ArrayList<>(List.of("predict", "--model", model, "--data", data));
    words.addAll(List.of("--out", out, "--precision", "f32"));
    words.addAll(List.of(more));
    return jaubert(words.toArray());
  }

  @Test
  void allColumnsAreKeptInEveryFormat() throws IOException {
    StringBuilder rows = new StringBuilder("id,text,note\n");
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      String text = "the " + WORDS[i % 12] + (i % 9 == 0 ? "\nvery \"\"good\"\", film" : " film");
      texts.add(text.replace("\"\"", "\""));
      rows.append("%d,\"%s\",é%n".formatted(i, text).replace("%n", "\n"));
    }
    Path data = file("in.csv", rows.toString());
    Path csv = folder.resolve("out.csv.gz");
    String said = predict(data, csv).succeeded().out();
    assertTrue(said.startsWith("wrote 50 rows to " + csv), said);
    List<Example> written =
        TextDataset.csv(csv).text("text").pair("note").label("prediction").rows();
    assertEquals(texts, written.stream().map(Example::text).toList());
    assertTrue(written.stream().allMatch(row -> row.secondText().equals("é")));

    Path json = folder.resolve("out.jsonl.zst");
    predict(csv, json, "--json").succeeded(); // a column of the same name has _ behind it
    List<JsonNode> said2 = new ArrayList<>();
    try (RowReader reader = new RowReader(json, null, true)) {
      for (RowReader.Row row = reader.next(); row != null; row = reader.next()) {
        said2.add(row.object());
      }
    }
    assertEquals(50, said2.size());
    for (int i = 0; i < 50; i++) {
      JsonNode row = said2.get(i);
      assertEquals(texts.get(i), row.path("text").asText());
      assertEquals(written.get(i).label(), row.path("prediction").asText());
      assertEquals(row.path("prediction"), row.path("prediction_"));
      assertEquals(3, row.path("scores").size());
      assertEquals(row.path("score_"), row.path("scores").path(row.path("prediction_").asText()));
    }
    // As predict says of single texts.
    String one =
        jaubert("predict", "--model", model, "--precision", "f32", "--top", "1", texts.get(3))
            .succeeded()
            .out();
    assertTrue(one.startsWith(written.get(3).label() + " "), one);

    // Batches of one text each give the same.
    Path apart = folder.resolve("apart.csv");
    predict(data, apart, "--batch-tokens", "1").succeeded();
    assertEquals(
        written.stream().map(Example::label).toList(),
        TextDataset.csv(apart).text("text").label("prediction").rows().stream()
            .map(Example::label)
            .toList());
    assertTrue(
        predict(data, folder.resolve("none.csv"), "--batch-tokens", "0")
            .failure(2)
            .startsWith("--batch-tokens 0"));

    Path tsv = folder.resolve("out.tsv");
    assertEquals(
        data + ":2: text has a tab or a line break, which .tsv cannot hold; write .csv or .jsonl",
        predict(data, tsv).failure(1));
    try (Stream<Path> all = Files.list(folder)) {
      assertTrue(all.noneMatch(path -> path.getFileName().toString().startsWith("out.tsv")));
    }
    predict(file("more.tsv", "the film\ngood\n"), tsv, "--no-header", "--text-column", "0")
        .succeeded();
    List<String> lines = Files.readAllLines(tsv);
    assertEquals(2, lines.size());
    assertTrue(lines.get(1).startsWith("good\t"), lines.get(1));
  }

  @Test
  void objectsKeepWhatTheyHold() throws IOException {
    Path data =
        file(
            "in.jsonl",
            "{\"text\":\"good\",\"meta\":{\"a\":[1,2]}}\n\n{\"more\":true,\"text\":\"bad\"}\n");
    Path json = folder.resolve("out.jsonl");
    predict(data, json).succeeded();
    List<String> lines = Files.readAllLines(json);
    assertEquals(2, lines.size());
    JsonNode first = JSON.readTree(lines.get(0));
    assertEquals("[1,2]", first.path("meta").path("a").toString());
    assertTrue(first.path("prediction").isTextual() && first.path("score").isNumber());
    assertTrue(JSON.readTree(lines.get(1)).path("more").asBoolean());
    assertEquals(
        data
            + ":3: more is a key that the first row lacks, and so a table has no column for it;"
            + " write .jsonl",
        predict(data, folder.resolve("out.csv")).failure(1));
  }

  @Test
  void whatCannotBeIsRefused() throws IOException {
    Path data = file("in.csv", "text,label\ngood,x\n");
    Path out = folder.resolve("out.csv");
    predict(data, out).succeeded();
    assertEquals(
        "--out " + out + ": is there already; --overwrite replaces it",
        predict(data, out).failure(2));
    predict(data, out, "--overwrite").succeeded();
    assertEquals("--out " + data + ": is the file of --data", predict(data, data).failure(2));
    Path odd = folder.resolve("out.txt");
    assertEquals(
        "--out "
            + odd
            + ": its name must end in .tsv, .csv or .jsonl, also with .gz or .zst behind",
        predict(data, odd).failure(2));
    assertEquals(
        "--data has the texts; leave out others, --pair and --pairs",
        predict(data, out, "--overwrite", "a text").failure(2));
    assertEquals(
        "--out needs --data", jaubert("predict", "--model", model, "--out", out, "a").failure(2));
    assertEquals(
        "--data needs --out, the file that rows are written to",
        jaubert("predict", "--model", model, "--data", data).failure(2));
    Path other = folder.resolve("other.csv");
    assertEquals(
        data + ": no column body; the columns are text, label",
        predict(data, other, "--text-column", "body").failure(1));
    Path unnamed = file("b.csv", "body,label\ngood,x\n");
    assertEquals(
        unnamed + ": choose the column of the text with --text-column; the columns are body, label",
        predict(unnamed, other).failure(1));
    Path none = folder.resolve("none.csv");
    assertEquals(none + ": no such file", predict(none, other).failure(1));
    Path flawed = file("c.csv", "text,label\ngood,x\nbad\n");
    assertEquals(
        flawed + ":3: 1 columns where the header has 2", predict(flawed, other).failure(1));
    assertTrue(Files.notExists(other));
  }
}
