package io.github.jaubert.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Negatives are found for pairs, and learnt from, with and without a guide. */
class MineTest extends CommandFixture {
  private Path pairs;

  @BeforeEach
  void makePairs() throws IOException {
    StringBuilder rows = new StringBuilder("query\tanswer\n");
    for (int i = 0; i < 12; i++) {
      String word = WORDS[i % 6];
      rows.append("the %s film %s\ta story was %s\n".formatted(word, WORDS[6 + i % 5], word));
    }
    pairs = Files.writeString(folder.resolve("pairs.tsv"), rows);
  }

  private Result mine(Path out, Object... more) {
    List<Object> words = new ArrayList<>(List.of("mine", "--model", model));
    words.addAll(List.of("--pairs", pairs, "--out", out));
    words.addAll(List.of(more));
    return jaubert(words.toArray());
  }

  @Test
  void minesTripletsThatFinetuneLearnsFrom() throws IOException {
    Path corpus =
        Files.writeString(folder.resolve("more.txt"), "very bad\n\nvery good\nvery warm\n");
    Path out = folder.resolve("triplets.jsonl");
    String said = mine(out, "--corpus", corpus, "--num-negatives", 2).succeeded().out();
    assertTrue(said.startsWith("12 pairs of query and answer; 3 passages\n"), said);
    assertTrue(said.contains("24 triplets of 12 queries, from 9 passages\n"), said);
    List<String> lines = Files.readAllLines(out);
    assertEquals(24, lines.size());
    for (String line : lines) {
      JsonNode row = new JsonMapper().readTree(line);
      String word = row.path("query").asText().split(" ")[1];
      assertEquals("a story was " + word, row.path("answer").asText());
      assertNotEquals(row.path("answer").asText(), row.path("negative").asText());
    }
    Path tuned = folder.resolve("tuned");
    String learnt =
        jaubert(
                "finetune",
                "--task",
                "embeddings",
                "--loss",
                "gist",
                "--guide",
                model,
                "--model",
                model,
                "--train",
                out,
                "--out",
                tuned,
                "--eval",
                pairs,
                "--epochs",
                2,
                "--batch-size",
                6)
            .succeeded()
            .out();
    assertTrue(learnt.contains("texts: query, answer, negative"), learnt);
    JsonNode run = new JsonMapper().readTree(tuned.resolve("run.json").toFile());
    assertEquals(model.toString(), run.path("guide").asText());
  }

  @Test
  void passagesMayStandInAColumn() throws IOException {
    Path corpus = Files.writeString(folder.resolve("more.tsv"), "id\tbody\n1\tvery bad\n");
    Path out = folder.resolve("triplets.jsonl");
    assertTrue(mine(out, "--corpus", corpus).failure(1).contains("the columns are id, body"));
    String said =
        mine(out, "--corpus", corpus, "--corpus-column", "body", "--relative-margin", 0)
            .succeeded()
            .out();
    assertTrue(said.contains("from 7 passages\n"), said);
    assertTrue(said.contains("of the nearest, "), said);
  }

  @Test
  void whatCannotBeIsRefused() throws IOException {
    Path out = Files.writeString(folder.resolve("there.jsonl"), "mine");
    assertEquals(
        "--out " + out + ": is there already; --overwrite replaces it", mine(out).failure(2));
    Path other = folder.resolve("other.jsonl");
    assertEquals(
        "--num-negatives 0: a number from 1", mine(other, "--num-negatives", 0).failure(2));
    assertEquals(
        "--max-score 2.0: a cosine from -1 to 1", mine(other, "--max-score", 2).failure(2));
    assertEquals(
        "--num-negatives, --range-min, --range-max: 3 negatives of the nearest from 3 to 5, which"
            + " are 2",
        mine(other, "--range-min", 3, "--range-max", 5).failure(2));
    assertEquals(
        "--corpus-column needs a --corpus with columns",
        mine(other, "--corpus-column", "x").failure(2));
    assertEquals(
        "--pairs x.txt: its name does not end in .tsv, .csv, .jsonl or .parquet",
        jaubert("mine", "--pairs", "x.txt", "--out", other).failure(2));
    String none = mine(other, "--max-score", -1).failure(1);
    assertTrue(none.contains("no negatives were found: of the nearest, 0 were within"), none);
    assertTrue(Files.notExists(other));
    String[] gist = {"finetune", "--task", "embeddings", "--loss", "gist", "--train", "x.tsv"};
    assertEquals("--loss gist needs --guide", jaubert((Object[]) gist).failure(2));
    gist[4] = "mnr";
    List<Object> guided = new ArrayList<>(List.of(gist));
    guided.addAll(List.of("--guide", model));
    assertEquals("--guide is for --loss gist", jaubert(guided.toArray()).failure(2));
  }
}
