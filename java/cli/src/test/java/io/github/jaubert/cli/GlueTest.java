package io.github.jaubert.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.cli.glue.GlueMethod;
import io.github.jaubert.cli.glue.GlueTable;
import io.github.jaubert.cli.glue.GlueTask;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** GLUE's files as they are, small. */
class GlueTest extends CommandFixture {
  private Path data;

  @BeforeEach
  void makeTasks() throws IOException {
    data = folder.resolve("glue_data");
    // CoLA has no header: where it is from, label, the author's mark, sentence.
    StringBuilder cola = new StringBuilder();
    for (String row : sentences(60, 3).split("\n")) {
      String[] cells = row.split("\t");
      int label = cells[1].equals("pos") ? 1 : 0;
      cola.append("gj04\t").append(label).append("\t\t").append(cells[0]).append('\n');
    }
    write("CoLA/train.tsv", cola.toString());
    write("CoLA/dev.tsv", cola.toString());
    // MRPC begins with a byte order mark, and has no file to be judged by.
    write(
        "MRPC/msr_paraphrase_train.txt",
        "\ufeffQuality\t#1 ID\t#2 ID\t#1 String\t#2 String\n" + pairs("%3$d\t7\t9\t%1$s\t%2$s"));
    write(
        "STS-B/train.tsv", "index\tsentence1\tsentence2\tscore\n" + pairs("1\t%1$s\t%2$s\t%3$d.5"));
    write(
        "STS-B/dev.tsv", "index\tsentence1\tsentence2\tscore\n" + pairs("1\t%1$s\t%2$s\t%3$d.25"));
    String mnli = "index\tsentence1\tsentence2\tlabel1\tgold_label\n";
    write("MNLI/train.tsv", mnli + pairs("1\t%1$s\t%2$s\tneutral\t%4$s"));
    write("MNLI/dev_matched.tsv", mnli + pairs("1\t%1$s\t%2$s\tneutral\t%4$s"));
    write("MNLI/dev_mismatched.tsv", mnli + pairs("1\t%1$s\t%2$s\tneutral\t%4$s"));
    write("diagnostic/diagnostic.tsv", "index\tsentence1\tsentence2\n" + pairs("%5$d\t%1$s\t%2$s"));
    write("WNLI/train.tsv", "index\tsentence1\tsentence2\tlabel\n" + pairs("1\t%1$s\t%2$s\t%3$d"));
    write("WNLI/dev.tsv", "index\tsentence1\tsentence2\tlabel\n" + pairs("1\t%1$s\t%2$s\t%3$d"));
  }

  private void write(String name, String text) throws IOException {
    Path file = data.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private static String pairs(String form) {
    String[] names = {"contradiction", "entailment", "neutral"};
    Random random = new Random(4);
    StringBuilder rows = new StringBuilder();
    for (int i = 0; i < 40; i++) {
      int label = random.nextInt(2);
      String first = "the " + WORDS[6 + random.nextInt(6)];
      String second = "was " + WORDS[3 * label + random.nextInt(3)];
      rows.append(form.formatted(first, second, label, names[random.nextInt(3)], i)).append('\n');
    }
    return rows.toString();
  }

  private Result glue(Path out, Object... more) {
    return jaubert(
        Stream.concat(
                Stream.of("glue", "--data", data, "--model", model, "--out", out), Stream.of(more))
            .toArray());
  }

  @Test
  void eachTaskIsReadMeasuredAndNotDoneTwice() throws Exception {
    Path out = folder.resolve("out");
    Object[] more = {"--seeds", 2, "--methods", "full,lora,frozen,random", "--", "--epochs", "1"};
    Result first = glue(out, more).succeeded();
    assertTrue(first.out().contains("MRPC has no dev.tsv: 5 rows of its train.tsv"), first.out());
    assertTrue(first.out().contains("40 of 40: WNLI, random, seed 2"), first.out());
    String table = Files.readString(out.resolve("glue.md"));
    for (String row :
        List.of(
            "| CoLA | matthews |",
            "| MRPC | f1 |",
            "| MRPC | accuracy |",
            "| STS-B | pearson |",
            "| STS-B | spearman |",
            "| MNLI | accuracy |",
            "| MNLI | accuracy, mismatched |",
            "| WNLI | accuracy |",
            "| **average** |")) {
      assertTrue(table.contains(row), table);
    }
    assertTrue(first.out().contains(table), first.out());
    assertEquals(41, Files.readAllLines(out.resolve("mnli/full-1/AX.tsv")).size());
    byte[] svg = Files.readAllBytes(out.resolve("glue.svg"));
    int bars =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new ByteArrayInputStream(svg))
            .getElementsByTagName("rect")
            .getLength();
    assertEquals(1 + 4 + 6 * 4, bars); // the ground, the names, five tasks and the average
    try (Stream<Path> left = Files.walk(out)) {
      assertTrue(left.noneMatch(file -> file.toString().endsWith(".safetensors")));
    }
    // The average is that of the table, without WNLI, and what finetune measured is what stands.
    JsonNode json = JsonFiles.readObject(out.resolve("glue.json"));
    JsonNode run = JsonFiles.readObject(out.resolve("cola/full-2/run.json"));
    assertEquals(
        run.path("evaluation").path("matthews_correlation").asDouble(),
        json.path("tasks").path("cola").path("full").path("2").path("matthews").asDouble());
    assertEquals("1", run.path("settings").path("epochs").asText());
    long written = Files.getLastModifiedTime(out.resolve("cola/full-2/run.json")).toMillis();
    assertTrue(glue(out, more).succeeded().out().contains(table));
    assertEquals(
        written, Files.getLastModifiedTime(out.resolve("cola/full-2/run.json")).toMillis());
  }

  @Test
  void theTableHasMediansAndAverages() {
    GlueTable table = new GlueTable();
    double[] measured = {0.4, 0.7, 0.5, 0.6};
    for (int seed = 1; seed <= 4; seed++) {
      double value = measured[seed - 1];
      table.add(GlueTask.COLA, GlueMethod.FULL, seed, Map.of("matthews", value));
      table.add(GlueTask.WNLI, GlueMethod.FULL, seed, Map.of("accuracy", 0.1));
      table.add(GlueTask.MRPC, GlueMethod.FULL, seed, Map.of("f1", value + 0.2, "accuracy", value));
    }
    table.add(GlueTask.COLA, GlueMethod.FROZEN, 1, Map.of("matthews", -0.01));
    String text = table.markdown(List.of(GlueMethod.FULL, GlueMethod.FROZEN));
    assertTrue(text.contains("| CoLA | matthews | 55.0 (40.0–70.0) | -1.0 |"), text);
    assertTrue(text.contains("| WNLI | accuracy | 10.0 (10.0–10.0) | – |"), text);
    assertTrue(text.contains("| **average** | | **60.0** | – |"), text); // of 55 and 65
  }

  @Test
  void whatCannotBeIsRefused() throws IOException {
    Path out = folder.resolve("out");
    assertRefused(glue(out, "--tasks", "qnli"), "no qnli/train.tsv");
    assertRefused(glue(out, "--seeds", 0), "--seeds 0");
    assertRefused(glue(out, "--methods", "full,full"), "--methods: one is given twice");
    assertRefused(
        jaubert("glue", "--data", folder, "--model", model), "holds none of GLUE's tasks");
    assertRefused(
        jaubert("glue", "--data", data, "--model", folder.resolve("none")), "no such folder");
    assertFalse(Files.exists(out));
    // What finetune refuses ends the command; nothing is lost, and the same command goes on.
    Result wrong = glue(out, "--tasks", "cola", "--", "--epochs", "none");
    assertEquals(2, wrong.code());
    assertTrue(wrong.err().contains("--epochs"), wrong.err());
    Object[] right = {"--tasks", "cola", "--seeds", 1, "--methods", "frozen", "--"};
    Object[] options = {"--epochs", "1", "--lr", "2e-3"};
    glue(out, join(right, options)).succeeded();
    // What one encoder or some options measured does not stand for another in the table.
    String others =
        out
            + ": has runs with the options -- --epochs 1 --lr 2e-3, not the options -- --epochs 2;"
            + " choose another folder with --out";
    assertEquals(others, glue(out, join(right, new Object[] {"--epochs", "2"})).failure(1));
    Path copy = folder.resolve("copy");
    Files.createSymbolicLink(copy, model);
    String message =
        jaubert(
                join(
                    new Object[] {"glue", "--data", data, "--model", copy, "--out", out},
                    join(right, options)))
            .failure(1);
    assertTrue(
        message.contains("has runs with --model " + model + ", not --model " + copy), message);
  }

  private static Object[] join(Object[] first, Object[] second) {
    return Stream.concat(Stream.of(first), Stream.of(second)).toArray();
  }

  private static void assertRefused(Result result, String message) {
    assertEquals(2, result.code(), result.err());
    assertTrue(result.err().contains(message), result.err());
  }
}
