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

/** Rows as SWAG has them become a model, which chooses. */
class ChoiceTest extends CommandFixture {
  private static final JsonMapper JSON = new JsonMapper();

  private Path swag(String name, int count, long seed) throws IOException {
    Random random = new Random(seed);
    StringBuilder rows = new StringBuilder("id,sent1,sent2,ending0,ending1,ending2,label\n");
    for (int i = 0; i < count; i++) {
      int answer = random.nextInt(3);
      rows.append(i).append(",the ").append(WORDS[8 + random.nextInt(2)]).append(",a story");
      for (int k = 0; k < 3; k++) {
        rows.append(",was ").append(WORDS[(k == answer ? 0 : 3) + random.nextInt(3)]);
      }
      rows.append(',').append(answer).append('\n');
    }
    return Files.writeString(folder.resolve(name), rows);
  }

  private Result learn(Path out, Object... more) throws IOException {
    List<Object> words = new ArrayList<>(List.of("finetune", "--task", "choice"));
    words.addAll(List.of("--model", model, "--train", swag("train.csv", 120, 1)));
    words.addAll(List.of("--eval", swag("dev.csv", 30, 2), "--out", out));
    words.addAll(List.of("--lr", "3e-3", "--epochs", 4));
    words.addAll(Arrays.asList(more));
    return jaubert(words.toArray());
  }

  @Test
  void learnsFromSwagAndChooses() throws IOException {
    Path out = folder.resolve("out");
    String said = learn(out).succeeded().out();
    assertTrue(
        said.contains(
            "120 examples to learn from, 30 to be judged by; one of at most 3 choices for each\n"
                + "prompt: sent1, choices: ending0, ending1, ending2, answer: label; every choice"
                + " begins with sent2\nthe answer to 'the "),
        said);
    assertTrue(said.contains("On 30 evaluation examples:\n  accuracy, fine-tuned "), said);
    assertTrue(said.matches("(?s).*\n    a story was [a-z]+ \\d\\.\\d{3} \\(it is .*"), said);
    JsonNode run = JSON.readTree(out.resolve("run.json").toFile());
    assertTrue(run.path("evaluation").path("accuracy").asDouble() > 0.9, run.toString());
    assertEquals("choice", run.path("task").asText());

    List<Object> ask = List.of("predict", "--model", out, "the film");
    List<Object> words = new ArrayList<>(ask);
    words.addAll(List.of("--pair", "a story was cold", "--pair", "a story was fine"));
    String answer = jaubert(words.toArray()).succeeded().out();
    assertTrue(
        answer.matches("a story was fine 0\\.\\d{3}; a story was cold 0\\.\\d{3}\n"), answer);
    words.addAll(List.of("--top", 1, "--json"));
    JsonNode json = JSON.readTree(jaubert(words.toArray()).succeeded().out());
    assertEquals("the film", json.path("prompt").asText());
    assertEquals(1, json.path("choices").size());
    assertEquals(1, json.path("choices").get(0).path("index").asInt());
    String row =
        "{\"prompt\":\"the film\",\"choices\":[\"a story was cold\",\"a story was fine\"]}\n";
    List<String> rows = predicted(out, "asked.jsonl", row, ".jsonl");
    JsonNode chosen = JSON.readTree(rows.get(0));
    assertEquals(2, chosen.path("choices").size());
    assertEquals(json.path("choices").get(0), chosen.path("choices_").get(0));
    assertEquals("a prompt needs choices: use --pair TEXT", jaubert(ask.toArray()).failure(2));
    assertEquals(
        "choices belong to one prompt; with several use --pairs",
        jaubert("predict", "--model", out, "x", "y", "--pair", "a", "--pair", "b").failure(2));
  }

  @Test
  void whatCannotBeMeantIsRefused() throws IOException {
    Path out = folder.resolve("none");
    assertEquals(
        "--choice-columns is for --task choice",
        finetune(out, "--choice-columns", "a,b").failure(2));
    assertEquals("--metric is not for --task choice", learn(out, "--metric", "f1").failure(2));
    String column = learn(out, "--choice-columns", "ending0,wrong").failure(1);
    assertTrue(column.contains("no column wrong; the columns are id, sent1, "), column);
    Path odd = Files.writeString(folder.resolve("odd.tsv"), "prompt\tx\tlabel\na\tb\t0\n");
    String choices =
        jaubert("finetune", "--task", "choice", "--train", odd, "--out", out).failure(1);
    assertEquals(
        odd
            + ": choose the column of the choices with --choice-columns; the columns are prompt, x,"
            + " label",
        choices);
  }
}
