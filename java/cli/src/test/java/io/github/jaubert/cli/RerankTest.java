package io.github.jaubert.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Queries with passages become a cross-encoder, which puts others in order. */
class RerankTest extends CommandFixture {
  private static final JsonMapper JSON = new JsonMapper();

  /** Of three passages of a query the one that praises is relevant; the rows are shuffled. */
  private Path passages(String name, int count, long seed, String yes, String no)
      throws IOException {
    Random random = new Random(seed);
    List<String> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String query = "very " + "a ".repeat(i % 9) + "the ".repeat(i / 9);
      for (int k = 0; k < 3; k++) {
        rows.add(
            "%s\tthe %s was %s\t%s\n"
                .formatted(
                    query,
                    WORDS[8 + random.nextInt(2)],
                    WORDS[(k == 0 ? 0 : 3) + random.nextInt(3)],
                    k == 0 ? yes : no));
      }
    }
    Collections.shuffle(rows, random);
    return Files.writeString(
        folder.resolve(name), "query\tpassage\tlabel\n" + String.join("", rows));
  }

  private Result learn(Path out, Object... more) throws IOException {
    List<Object> words = new ArrayList<>(List.of("finetune", "--task", "rerank"));
    words.addAll(List.of("--model", model, "--train", passages("train.tsv", 90, 1, "1", "0")));
    words.addAll(List.of("--eval", passages("dev.tsv", 20, 2, "1", "0"), "--out", out));
    words.addAll(List.of("--lr", "3e-3", "--epochs", 4));
    words.addAll(Arrays.asList(more));
    return jaubert(words.toArray());
  }

  @Test
  void learnsFromPassagesAndPutsOthersInOrder() throws IOException {
    Path out = folder.resolve("out");
    String said = learn(out).succeeded().out();
    assertTrue(said.contains("a new head, for that of " + model + " has 3 outputs\n"), said);
    assertTrue(
        said.contains(
            "270 passages to learn from, 60 to be judged by; a score of each, by the loss"),
        said);
    assertTrue(
        said.contains(
            "90 queries, at most 3 passages each to learn from, 20 queries, at most 3 passages each"
                + " to be judged by\n"),
        said);
    assertTrue(said.contains("On 60 evaluation passages:\n  ndcg@10, fine-tuned "), said);
    assertTrue(said.matches("(?s).*    best of 3: \\d\\.\\d{3} the .*\\(its score is .*"), said);
    JsonNode run = JSON.readTree(out.resolve("run.json").toFile());
    assertTrue(run.path("evaluation").path("mrr@10").asDouble() > 0.9, run.toString());
    assertTrue(run.path("evaluation").has("map"), run.toString());
    assertEquals("rerank", run.path("task").asText());

    String good = "the film was fine";
    String bad = "the film was cold";
    String ranked =
        jaubert("predict", "--model", out, "very a", "--pair", bad, "--pair", good)
            .succeeded()
            .out();
    assertTrue(
        ranked.matches("0\\.\\d{4} the film was fine\n0\\.\\d{4} the film was cold\n"), ranked);
    JsonNode best =
        JSON.readTree(
            jaubert(
                    "predict", "--model", out, "very a", "--pair", bad, "--pair", good, "--top", 1,
                    "--json")
                .succeeded()
                .out());
    assertEquals(1, best.path("index").asInt());
    assertEquals(good, best.path("passage").asText());
    String rows = "id,query,passage\n1,very a,%s\n2,very a,%s\n".formatted(bad, good);
    List<String> scored = predicted(out, "asked.csv", rows, ".csv");
    assertEquals("id,query,passage,score", scored.get(0));
    assertEquals(3, scored.size());
    String shown = ranked.lines().toList().get(1).split(" ")[0];
    float score = Float.parseFloat(scored.get(1).substring(scored.get(1).lastIndexOf(',') + 1));
    assertEquals(Float.parseFloat(shown), score, 6e-5f);
    assertEquals(
        "a query needs a passage: use --pair TEXT",
        jaubert("predict", "--model", out, "very").failure(2));
    assertEquals(
        "--no-answer is for a model that answers questions, which " + out + " is not",
        jaubert("predict", "--model", out, "x", "--pair", "y", "--no-answer").failure(2));

    // Trained further by another loss, with its head.
    String again =
        jaubert(
                "finetune",
                "--task",
                "rerank",
                "--model",
                out,
                "--ranking-loss",
                "listnet",
                "--train",
                passages("more.tsv", 30, 3, "yes", "no"),
                "--relevant",
                "yes",
                "--eval",
                passages("dev2.tsv", 20, 4, "yes", "no"),
                "--epochs",
                1,
                "--at-k",
                2,
                "--most-passages",
                2,
                "--out",
                folder.resolve("again"))
            .succeeded()
            .out();
    assertTrue(!again.contains("a new head"), again);
    JsonNode second = JSON.readTree(folder.resolve("again/run.json").toFile());
    assertTrue(second.path("evaluation").path("ndcg@2").asDouble() > 0.9, second.toString());
    assertEquals(8, second.path("settings").path("batch_size").asInt());
  }

  @Test
  void whatCannotBeMeantIsRefused() throws IOException {
    Path out = folder.resolve("none");
    assertEquals(
        "--ranking-loss is for --task rerank", finetune(out, "--ranking-loss", "mse").failure(2));
    assertEquals(
        "--score-max is for --task embeddings", finetune(out, "--score-max", "2").failure(2));
    assertEquals("--metric is not for --task rerank", learn(out, "--metric", "f1").failure(2));
    assertEquals("--pooling is for --task embeddings", learn(out, "--pooling", "cls").failure(2));
    assertEquals(
        "--most-passages is for --ranking-loss ranknet or listnet",
        learn(out, "--most-passages", 3).failure(2));
    assertEquals("--at-k 0: a whole number from 1", learn(out, "--at-k", 0).failure(2));
    assertEquals(
        "--pair is given 2 times for 1 texts",
        jaubert("predict", "--model", model, "x", "--pair", "a", "--pair", "b").failure(2));
    String words =
        jaubert(
                "finetune",
                "--task",
                "rerank",
                "--model",
                model,
                "--out",
                out,
                "--train",
                passages("words.tsv", 1, 1, "no", "no"))
            .failure(1);
    assertTrue(
        words.endsWith(
            ":2: label is no, and a number was expected; of labels, --relevant names one"),
        words);
    Path odd =
        Files.writeString(folder.resolve("odd.tsv"), "query\tother\tlabel\nx\ty\t3\nx\tz\t0\n");
    String columns =
        jaubert("finetune", "--task", "rerank", "--train", odd, "--out", out).failure(1);
    assertTrue(columns.endsWith("--pair-column; the columns are query, other, label"), columns);
    String scores =
        jaubert(
                "finetune",
                "--task",
                "rerank",
                "--model",
                model,
                "--train",
                odd,
                "--text-column",
                "query",
                "--pair-column",
                "other",
                "--out",
                out)
            .failure(1);
    assertEquals(
        odd
            + ":2: score 3.0: the loss binary takes those from 0 to 1; --score-max N brings them there",
        scores);
  }
}
