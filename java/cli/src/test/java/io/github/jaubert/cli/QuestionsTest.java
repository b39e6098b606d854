package io.github.jaubert.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Questions of SQuAD's JSON become a model, which answers others. */
class QuestionsTest extends CommandFixture {
  private static final JsonMapper JSON = new JsonMapper();

  /** The answer is the word of praise in "the film was … a story was …", the other word is not. */
  private Path squad(String name, int count, long seed) throws IOException {
    Random random = new Random(seed);
    ObjectNode root = JSON.createObjectNode();
    ArrayNode paragraphs = root.putArray("data").addObject().putArray("paragraphs");
    for (int i = 0; i < count; i++) {
      boolean first = random.nextBoolean();
      String answer = WORDS[random.nextInt(3)];
      String other = WORDS[3 + random.nextInt(3)];
      String context =
          "the film was %s a story was %s"
              .formatted(first ? answer : other, first ? other : answer);
      ObjectNode paragraph = paragraphs.addObject().put("context", context);
      ObjectNode qa = paragraph.putArray("qas").addObject();
      qa.put("id", "q" + i).put("question", "very");
      qa.putArray("answers")
          .addObject()
          .put("text", answer)
          .put("answer_start", context.indexOf(answer));
    }
    return Files.writeString(folder.resolve(name), root.toString());
  }

  private Result learn(Path out, Object... more) throws IOException {
    List<Object> words = new ArrayList<>(List.of("finetune", "--task", "qa", "--model", model));
    words.addAll(List.of("--train", squad("train.json", 300, 1)));
    words.addAll(List.of("--eval", squad("dev.json", 40, 2), "--out", out));
    words.addAll(List.of("--lr", "3e-3", "--epochs", 5, "--batch-size", 8));
    words.addAll(Arrays.asList(more));
    return jaubert(words.toArray());
  }

  @Test
  void theWorstErrorsStandOnThePage() throws IOException {
    Path out = folder.resolve("hasty");
    List<Object> words = new ArrayList<>(List.of("finetune", "--task", "qa", "--model", model));
    words.addAll(List.of("--train", squad("train.json", 8, 1), "--epochs", 1, "--lr", "1e-6"));
    words.addAll(List.of("--eval", squad("dev.json", 40, 2), "--out", out, "--max-length", 12));
    jaubert(words.toArray()).succeeded(); // which has learnt next to nothing
    JsonNode errors = JSON.readTree(out.resolve("report.json").toFile()).path("errors");
    assertTrue(errors.size() > 0, "nothing is wrong");
    double before = 1;
    for (JsonNode one : errors) {
      assertEquals("very", one.path("text").asText());
      assertTrue(one.path("pair").asText().contains(one.path("label").get(0).asText()));
      assertNotEquals(one.path("label"), one.path("answer"));
      assertTrue(one.path("probability").asDouble() <= before, errors.toString());
      before = one.path("probability").asDouble();
    }
  }

  @Test
  void learnsFromSquadAndAnswers() throws IOException {
    Path out = folder.resolve("out");
    String said = learn(out, "--max-length", 12, "--doc-stride", 4).succeeded().out();
    assertTrue(
        said.contains(
            "300 questions to learn from, 40 to be judged by; a part of the context for each\n"
                + "the answer to '"),
        said);
    assertTrue(said.contains("; every question has one\n"), said);
    assertTrue(said.contains("On 40 evaluation questions:\n  f1, fine-tuned "), said);
    assertTrue(said.contains("  exact_match, fine-tuned "), said);
    assertTrue(
        said.matches("(?s).*  very\n    [a-z ]+ \\d\\.\\d{3} \\(it has [a-z]+\\)\n.*"), said);
    assertTrue(said.endsWith("\"some text\" --pair \"the context\"\n"), said);
    JsonNode run = JSON.readTree(out.resolve("run.json").toFile());
    assertTrue(run.path("evaluation").path("f1").asDouble() > 0.8, run.toString());
    assertEquals("qa", run.path("task").asText());
    assertEquals(4, run.path("settings").path("stride").asInt());

    String context = "the film was warm a story was poor";
    String answer = jaubert("predict", "--model", out, "very", "--pair", context).succeeded().out();
    assertTrue(answer.matches("[a-z ]+ \\d\\.\\d{3}\n"), answer);
    JsonNode json =
        JSON.readTree(
            jaubert("predict", "--model", out, "very", "--pair", context, "--json", "--top", 3)
                .succeeded()
                .out());
    assertEquals("very", json.path("question").asText());
    assertEquals(3, json.path("answers").size());
    JsonNode best = json.path("answers").get(0);
    assertEquals(
        best.path("answer").asText(),
        context.substring(best.path("start").asInt(), best.path("end").asInt()));
    String row = "question,context\nvery," + context + "\n";
    JsonNode asked = JSON.readTree(predicted(out, "asked.csv", row, ".jsonl").get(0));
    assertEquals(context, asked.path("context").asText());
    assertEquals(best, asked.path("answers").get(0));
    assertEquals("question,context,prediction", predicted(out, "asked.csv", row, ".csv").get(0));
    assertEquals(
        "a question needs a context: use --pair TEXT",
        jaubert("predict", "--model", out, "very").failure(2));
    assertEquals(
        "--aggregation is for a model that labels tokens, which " + out + " is not",
        jaubert("predict", "--model", out, "x", "--pair", "y", "--aggregation", "MAX").failure(2));
  }

  @Test
  void optionsOfOtherTasksAreRefused() throws IOException {
    Path out = folder.resolve("none");
    assertEquals(
        "--label-column is for labels, not for --task qa",
        learn(out, "--label-column", "x").failure(2));
    assertEquals(
        "--metric is for labels, not for --task qa", learn(out, "--metric", "f1").failure(2));
    assertEquals("--doc-stride is for --task qa", finetune(out, "--doc-stride", "3").failure(2));
    assertEquals(
        "--doc-stride -1: a whole number from 0", learn(out, "--doc-stride", -1).failure(2));
    assertEquals("--tag-column is for --task tokens", learn(out, "--tag-column", "1").failure(2));
    assertEquals(
        "--no-answer is for a model that answers questions, which " + model + " is not",
        jaubert("predict", "--model", model, "x", "--no-answer").failure(2));
  }
}
