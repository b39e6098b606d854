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
import java.util.List;
import org.junit.jupiter.api.Test;

/** Queries with documents become a ColBERT model, which puts others in order. */
class ColbertTest extends CommandFixture {
  private static final JsonMapper JSON = new JsonMapper();

  /** A document has the two words of its query. */
  private Path documents(String name, int count) throws IOException {
    StringBuilder rows = new StringBuilder("query\tanswer\tnegative\n");
    for (int i = 0; i < count; i++) {
      String first = WORDS[i % 6];
      String second = WORDS[(i + 1 + i / 6 % 5) % 6];
      rows.append(
          "%s %s\tthe %s film was very %s\tthe %s story\n"
              .formatted(first, second, second, first, WORDS[(i + 3) % 6]));
    }
    return Files.writeString(folder.resolve(name), rows);
  }

  private Result learn(Path out, Object... more) throws IOException {
    return train(model, 2, out, more);
  }

  private Result further(Path from, Path out, Object... more) throws IOException {
    return train(from, 1, out, more);
  }

  private Result train(Path from, int epochs, Path out, Object... more) throws IOException {
    List<Object> words = new ArrayList<>(List.of("finetune", "--task", "colbert"));
    words.addAll(List.of("--model", from, "--train", documents("train.tsv", 60)));
    words.addAll(List.of("--eval", documents("dev.tsv", 20), "--out", out));
    words.addAll(List.of("--lr", "3e-3", "--epochs", epochs, "--batch-size", 15));
    words.addAll(Arrays.asList(more));
    return jaubert(words.toArray());
  }

  @Test
  void learnsToFindDocumentsAndPutsOthersInOrder() throws IOException {
    Path out = folder.resolve("out");
    String said =
        learn(out, "--token-dimensions", 16, "--query-length", 10, "--max-length", 20)
            .succeeded()
            .out();
    assertTrue(
        said.contains(
            "60 examples to learn from, 20 to be judged by; vectors of tokens by late interaction\n"
                + "texts: query, answer, negative ("),
        said);
    assertTrue(said.matches("(?s).*    best of \\d+: \\d\\.\\d{3} the .*\\(its own\\).*"), said);
    JsonNode run = JSON.readTree(out.resolve("run.json").toFile());
    assertTrue(run.path("evaluation").path("mrr@10").asDouble() > 0.9, run.toString());
    assertEquals("colbert", run.path("task").asText());
    assertEquals(20, run.path("document_length").asInt());
    JsonNode config = JSON.readTree(out.resolve("config_sentence_transformers.json").toFile());
    assertEquals(10, config.path("query_length").asInt());
    assertEquals("", config.path("query_prefix").asText());

    String good = "the cold film was very good";
    String bad = "the fine story";
    String ranked =
        jaubert("predict", "--model", out, "good cold", "--pair", bad, "--pair", good)
            .succeeded()
            .out();
    assertTrue(ranked.matches("\\d\\.\\d{4} " + good + "\n\\d\\.\\d{4} " + bad + "\n"), ranked);
    assertEquals(
        "a query needs a document: use --pair TEXT",
        jaubert("predict", "--model", out, "good").failure(2));
    assertEquals(
        "--candidate-labels is for a model of natural language inference, which " + out + " is not",
        jaubert("predict", "--model", out, "--candidate-labels", "a,b", "good").failure(2));
    JsonNode judged =
        JSON.readTree(
            jaubert(
                    "evaluate",
                    "--model",
                    out,
                    "--data",
                    documents("dev.tsv", 20),
                    "--precision",
                    "f32",
                    "--json")
                .succeeded()
                .out());
    assertEquals(
        run.path("evaluation").path("ndcg@10").asDouble(),
        judged.path("evaluation").path("ndcg@10").asDouble(),
        0.02);

    // Trained further, with its projection; and as adapters.
    Path again = folder.resolve("again");
    assertEquals(
        "--token-dimensions 7: " + out + " has 16; --new-head begins with a new projection",
        further(out, again, "--token-dimensions", 7).failure(2));
    further(out, again, "--query-expansion", "none").succeeded();
    assertEquals(
        16, JSON.readTree(again.resolve("run.json").toFile()).path("token_dimensions").asInt());
    Path adapted = folder.resolve("adapted");
    further(model, adapted, "--lora-rank", 4, "--lora-targets", "query,value").succeeded();
    jaubert("predict", "--model", adapted, "good cold", "--pair", bad).succeeded();
  }

  @Test
  void whatCannotBeMeantIsRefused() throws IOException {
    Path out = folder.resolve("none");
    assertEquals(
        "--query-length is for --task colbert", finetune(out, "--query-length", 9).failure(2));
    assertEquals("--loss is for --task embeddings", learn(out, "--loss", "mnr").failure(2));
    assertEquals("--metric is not for --task colbert", learn(out, "--metric", "f1").failure(2));
    assertEquals(
        "--query-length 3: a whole number from 4", learn(out, "--query-length", 3).failure(2));
    assertEquals(
        "--score-temperature 0.0: a finite number above 0",
        learn(out, "--score-temperature", 0).failure(2));
    Path odd = Files.writeString(folder.resolve("odd.tsv"), "query\tother\nx\ty\n");
    String columns =
        jaubert("finetune", "--task", "colbert", "--train", odd, "--out", out).failure(1);
    assertTrue(columns.endsWith("--pair-column; the columns are query, other"), columns);
  }
}
