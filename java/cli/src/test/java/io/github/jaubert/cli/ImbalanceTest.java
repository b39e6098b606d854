package io.github.jaubert.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Rare classes and several labels: losses, thresholds, and tables by class. */
class ImbalanceTest extends CommandFixture {
  private static final JsonMapper JSON = new JsonMapper();

  /** Praise is rare; with several labels a text of the film is also about it. */
  private String rows(int count, long seed, boolean several) {
    Random random = new Random(seed);
    StringBuilder rows = new StringBuilder("sentence\tlabel\n");
    for (int i = 0; i < count; i++) {
      boolean good = random.nextInt(5) == 0;
      boolean film = random.nextBoolean();
      rows.append("the ").append(film ? "film" : "story").append(" was ");
      rows.append(WORDS[(good ? 0 : 3) + random.nextInt(3)]).append('\t');
      rows.append(several ? (good ? "good" : "") + (film ? ",film" : "") : good ? "pos" : "neg");
      rows.append('\n');
    }
    return rows.toString().replace("\t,", "\t");
  }

  @Test
  void rareClassesHaveFiguresOfTheirOwn() throws IOException {
    Files.writeString(train, rows(300, 1, false));
    Files.writeString(eval, rows(60, 2, false));
    Path out = folder.resolve("out");
    String said =
        finetune(out, "--class-weights", "balanced", "--focal-gamma", "2", "--thresholds", "one")
            .succeeded()
            .out();
    assertTrue(said.contains("\n  thresholds: pos 0."), said);
    assertTrue(said.contains("\n  f1 (pos) "), said);
    assertTrue(
        said.matches(
            "(?s).*\n +precision +recall +f1 +support\n  neg +[01]\\.\\d{4}.*\n  pos .*\n\n"
                + "  micro avg .*\n  macro avg .*\n  weighted avg .* 60\n\n"
                + "  true \\\\ predicted +neg +pos\n  neg +\\d+ +\\d+\n  pos +\\d+ +\\d+\n.*"),
        said);
    JsonNode run = JSON.readTree(out.resolve("run.json").toFile());
    assertTrue(
        run.path("settings").path("class_weights").asText().startsWith("balanced [0."),
        run.toString());
    assertEquals("focal(gamma 2.0)", run.path("settings").path("loss").asText());
    JsonNode matrix = run.path("confusion_matrix");
    JsonNode pos = run.path("classification_report").path("classes").path("pos");
    assertEquals(
        pos.path("support").asInt(), matrix.get(1).get(0).asInt() + matrix.get(1).get(1).asInt());
    assertEquals("one", run.path("thresholds").path("search").asText());
    double threshold = run.path("thresholds").path("by_label").path("pos").asDouble();
    JsonNode config = JSON.readTree(out.resolve("config.json").toFile());
    assertEquals(threshold, config.path("jaubert_thresholds").path("pos").asDouble(), 1e-6);

    String answer = jaubert("predict", "--model", out, "the film was good").succeeded().out();
    assertTrue(answer.matches("pos 0\\.\\d{3} > 0\\.\\d{3}\n"), answer);
    JsonNode json =
        JSON.readTree(
            jaubert("predict", "--model", out, "--json", "the film was poor").succeeded().out());
    assertEquals("[\"neg\"]", json.path("labels").toString());
    assertEquals(threshold, json.path("thresholds").path("pos").asDouble(), 1e-6);
  }

  @Test
  void severalLabelsHaveThresholdsEach() throws IOException {
    Files.writeString(train, rows(300, 1, true));
    Files.writeString(eval, rows(60, 2, true));
    Path out = folder.resolve("out");
    String said =
        finetune(
                out,
                "--new-head",
                "--label-separator",
                ",",
                "--class-weights",
                "balanced",
                "--focal-gamma",
                "0.5",
                "--focal-alpha",
                "0.5",
                "--thresholds",
                "per_label")
            .succeeded()
            .out();
    assertTrue(
        said.matches("(?s).*\n  thresholds: film 0\\.\\d{3}, good 0\\.\\d{3}\n  micro_f1 .*"),
        said);
    assertTrue(said.contains("  true yes  false yes  false no   true no\n"), said);
    String answers =
        jaubert("predict", "--model", out, "the film was good", "the story was bad")
            .succeeded()
            .out();
    assertTrue(
        answers.matches(
            "(film|good) 0\\.\\d{3} > 0\\.\\d{3}, (film|good) 0\\.\\d{3} > 0\\.\\d{3}\nnone\n"),
        answers);
    JsonNode run = JSON.readTree(out.resolve("run.json").toFile());
    assertEquals(2, run.path("confusion_matrix").path("good").size());
    assertEquals("focal(gamma 0.5, alpha 0.5)", run.path("settings").path("loss").asText());
  }

  @Test
  void whatDoesNotFitIsRefused() throws IOException {
    Path out = folder.resolve("none");
    assertEquals(
        "--focal-alpha needs --focal-gamma", finetune(out, "--focal-alpha", "0.5").failure(2));
    assertEquals("--focal-gamma -1.0: from 0", finetune(out, "--focal-gamma", "-1").failure(2));
    String message = finetune(out, "--focal-gamma", "1", "--focal-alpha", "0.5").failure(2);
    assertTrue(message.endsWith("of which --class-weights are the alpha"), message);
    message = finetune(out, "--class-weights", "1,many").failure(2);
    assertTrue(
        message.endsWith("'many' is not a number; numbers with commas between, or balanced"),
        message);
    assertEquals(
        "--class-weights: 3 for 2 labels", finetune(out, "--class-weights", "1,2,3").failure(2));
    Files.writeString(train, Files.readString(train) + "the film\tother\n");
    message = finetune(out, "--thresholds", "one").failure(2);
    assertEquals(
        "--thresholds are for any number of labels, or for one of two, but the task is to predict one of 3 labels",
        message);
    message =
        jaubert("finetune", "--model", model, "--train", train, "--thresholds", "one").failure(2);
    assertEquals("--thresholds needs --eval or --eval-share", message);
  }

  @Test
  void whatIsForLabelsOfTextsIsRefusedElsewhere() {
    for (String task : List.of("tokens", "qa", "embeddings", "rerank", "choice")) {
      for (String option : List.of("--class-weights", "--focal-gamma", "--shots")) {
        String value = option.equals("--class-weights") ? "balanced" : "2";
        String message = finetune(folder.resolve("none"), "--task", task, option, value).failure(2);
        assertTrue(
            message.startsWith(option + " is ") && message.endsWith("not for --task " + task),
            message);
      }
    }
  }
}
