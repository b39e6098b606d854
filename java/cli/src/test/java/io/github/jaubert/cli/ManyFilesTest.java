package io.github.jaubert.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

/** Data in several files are as in one. */
class ManyFilesTest extends CommandFixture {
  private Path file(String name, String content) throws IOException {
    Files.createDirectories(folder.resolve(name).getParent());
    return Files.writeString(folder.resolve(name), content);
  }

  private void packed(String name, String content) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
      out.write(content.getBytes(StandardCharsets.UTF_8));
    }
  }

  /** Some rows of the data to learn from, as the lines of another format. */
  private String rows(int from, int to, String header, String form) throws IOException {
    StringBuilder lines = new StringBuilder(header);
    for (String row : Files.readAllLines(train).subList(1 + from, 1 + to)) {
      lines.append(form.formatted((Object[]) row.split("\t"))).append('\n');
    }
    return lines.toString();
  }

  private Result learn(Path out, Object... more) {
    List<Object> words = new ArrayList<>(List.of("finetune", "--model", model, "--epochs", "1"));
    words.addAll(List.of("--lr", "4e-3", "--out", out));
    words.addAll(List.of(more));
    return jaubert(words.toArray());
  }

  @Test
  void severalFilesTrainTheSameBitsAsOne() throws IOException {
    Path one = folder.resolve("one");
    learn(one, "--train", train, "--eval", eval).succeeded();
    packed("parts/b.csv.gz", rows(100, 200, "label,sentence\n", "%2$s,%1$s"));
    file("parts/a.csv", rows(0, 100, "sentence,label\n", "%s,%s"));
    file("parts/notes.txt", "no data");
    String json = "{\"sentence\":\"%s\",\"label\":\"%s\",\"note\":1}";
    Path last = file("last.jsonl", rows(200, 300, "", json));
    Path many = folder.resolve("many");
    String parts = folder.resolve("parts") + "/*.{csv,csv.gz}";
    String said = learn(many, "--train", parts + "," + last, "--eval", eval).succeeded().out();
    assertTrue(said.contains("300 examples to learn from, 40 to be judged by"), said);
    assertSameBytes(one, many, "model.safetensors");

    // What was written is what repeats it.
    Path again = folder.resolve("again");
    jaubert("finetune", "--config", many.resolve("config.yaml"), "--out", again).succeeded();
    assertSameBytes(one, again, "model.safetensors");
  }

  @Test
  void rowsAreJudgedInOrderAndWrittenWithAllColumns() throws IOException {
    Path out = folder.resolve("out");
    learn(out, "--train", train).succeeded();
    List<String> rows = Files.readAllLines(eval);
    Path a = file("a.tsv", String.join("\n", rows.subList(0, 11)) + "\n");
    Path b = file("b.tsv", "sentence\tlabel\n" + String.join("\n", rows.subList(11, 41)) + "\n");
    Path to = folder.resolve("all.jsonl");
    Result judged =
        jaubert(
            "evaluate", "--model", out, "--data", a, "--data", b, "--predictions", to, "--json");
    JsonNode figures = new JsonMapper().readTree(judged.succeeded().out());
    assertEquals(a + " and " + b, figures.path("data").asText());
    JsonNode one =
        new JsonMapper()
            .readTree(jaubert("evaluate", "--model", out, "--data", eval, "--json").out());
    assertEquals(one.path("evaluation"), figures.path("evaluation"));
    List<String> written = Files.readAllLines(to);
    assertEquals(40, written.size());
    for (int i = 0; i < 40; i++) {
      String text = new JsonMapper().readTree(written.get(i)).path("sentence").asText();
      assertEquals(rows.get(i + 1).split("\t")[0], text);
    }
    Path folds = folder.resolve("folds");
    learn(folds, "--train", a + "," + b, "--folds", "2").succeeded();
    assertEquals(41, Files.readAllLines(folds.resolve("predictions.tsv")).size());
  }

  @Test
  void whatDoesNotFitTogetherIsNamed() throws IOException {
    Path out = folder.resolve("out");
    Path other = file("other.csv", "text,label\na,pos\n");
    assertEquals(
        other
            + ": its columns are text, label, and those of "
            + train
            + " are sentence, label; the files of a data set have the same",
        learn(out, "--train", train, "--train", other).failure(1));
    Path bad = file("bad.tsv", "label\tsentence\npos\tgood\n\tgood\n");
    assertEquals(
        bad + ":3: the label is empty; --skip-label \"\" leaves such rows out",
        learn(out, "--train", train, "--train", bad).failure(1));
    Path unknown = file("unknown.tsv", "sentence\tlabel\nbad\tneutral\n");
    String said = learn(out, "--train", train, "--eval", eval + "," + unknown).failure(1);
    assertTrue(said.startsWith(unknown + ":2: label neutral is not one of the 2 known"), said);
    String none = folder.resolve("none") + "/*.csv";
    assertEquals(none + ": no file matches this pattern", learn(out, "--train", none).failure(1));
    assertEquals(
        train + ": is there twice among the files of a data set",
        learn(out, "--train", train, "--train", folder + "/tr*.tsv").failure(1));
    assertEquals("'': is no name of a file", learn(out, "--train", "").failure(1));
    Path comma = file("a,b.tsv", Files.readString(train));
    learn(out, "--train", comma).succeeded(); // a name that has a comma is still a name
  }
}
