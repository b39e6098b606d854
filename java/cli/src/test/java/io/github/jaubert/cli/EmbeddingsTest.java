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
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Pairs with a score become an encoder of sentences, which makes vectors of others. */
class EmbeddingsTest extends CommandFixture {
  private static final JsonMapper JSON = new JsonMapper();

  /** Two texts are alike if both praise or both do not. */
  private Path pairs(String name, int count, long seed) throws IOException {
    Random random = new Random(seed);
    StringBuilder rows = new StringBuilder("one\tother\tscore\n");
    for (int i = 0; i < count; i++) {
      int first = random.nextInt(6);
      int second = random.nextInt(6);
      rows.append(
          "the film was %s\ta story was %s\t%d\n"
              .formatted(WORDS[first], WORDS[second], first / 3 == second / 3 ? 1 : 0));
    }
    return Files.writeString(folder.resolve(name), rows);
  }

  private Result learn(Path out, Object... more) throws IOException {
    List<Object> words = new ArrayList<>(List.of("finetune", "--task", "embeddings"));
    words.addAll(List.of("--model", model, "--loss", "cosent", "--text-column", "one"));
    words.addAll(List.of("--pair-column", "other", "--label-column", "score"));
    words.addAll(List.of("--train", pairs("train.tsv", 200, 1)));
    words.addAll(List.of("--eval", pairs("dev.tsv", 60, 2), "--out", out));
    words.addAll(List.of("--lr", "3e-3", "--epochs", 5, "--batch-size", 20));
    words.addAll(Arrays.asList(more));
    return jaubert(words.toArray());
  }

  @Test
  void learnsFromPairsAndWritesVectors() throws IOException {
    Path out = folder.resolve("out");
    String said = learn(out).succeeded().out();
    assertTrue(said.contains("On 60 evaluation examples:\n  spearman_cosine, fine-tuned "), said);
    JsonNode run = JSON.readTree(out.resolve("run.json").toFile());
    assertTrue(run.path("evaluation").path("spearman_cosine").asDouble() > 0.7, run.toString());
    assertTrue(Files.exists(out.resolve("modules.json")));

    String answer =
        jaubert("predict", "--model", out, "the film was " + WORDS[0], "a story was " + WORDS[4])
            .succeeded()
            .out();
    List<JsonNode> lines = new ArrayList<>();
    for (String line : answer.lines().toList()) {
      lines.add(JSON.readTree(line));
    }
    assertEquals(2, lines.size());
    assertEquals("the film was " + WORDS[0], lines.get(0).path("text").asText());
    double product = 0;
    for (int i = 0; i < lines.get(0).path("embedding").size(); i++) {
      product +=
          lines.get(0).path("embedding").get(i).asDouble()
              * lines.get(1).path("embedding").get(i).asDouble();
    }
    assertTrue(product < 0.9, "cosine of praise and blame: " + product);
    assertEquals(
        "--top is for a model that labels texts or tokens, which " + out + " is not",
        jaubert("predict", "--model", out, "x", "--top", 2).failure(2));
  }

  @Test
  void optionsOfOtherTasksAreRefused() throws IOException {
    Path out = folder.resolve("none");
    assertEquals("--loss is for --task embeddings", finetune(out, "--loss", "mnr").failure(2));
    String half =
        jaubert(
                "finetune",
                "--task",
                "embeddings",
                "--loss",
                "cosine",
                "--train",
                pairs("half.tsv", 5, 3),
                "--text-column",
                "one")
            .failure(1);
    assertTrue(half.contains("choose both --text-column and --pair-column"), half);
    assertEquals(
        "--teacher is for heads with labels, not for --task embeddings",
        learn(out, "--teacher", model).failure(2));
  }
}
