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

/** A few examples of each label become a classifier. */
class SetFitCommandTest extends CommandFixture {
  private Result learn(Path out, Object... more) {
    List<Object> words = new ArrayList<>(List.of("finetune", "--task", "setfit", "--model", model));
    words.addAll(List.of("--train", train, "--eval", eval, "--out", out, "--lr", "3e-3"));
    words.addAll(Arrays.asList(more));
    return jaubert(words.toArray());
  }

  @Test
  void learnsFromAFewAndPredicts() throws IOException {
    Path out = folder.resolve("out");
    String said = learn(out, "--shots", 20, "--epochs", 2).succeeded().out();
    assertTrue(
        said.startsWith("cpu")
            && said.contains(
                "40 examples to learn from, 40 to be judged by; one of 2 labels, by SetFit\n"),
        said);
    assertTrue(said.contains("  accuracy, fine-tuned "), said);
    assertTrue(said.contains("  weighted avg "), said);
    JsonNode run = new JsonMapper().readTree(out.resolve("run.json").toFile());
    assertEquals("setfit", run.path("task").asText());
    assertTrue(run.path("evaluation").path("accuracy").asDouble() > 0.8, run.toString());

    String answer = jaubert("predict", "--model", out, "the story was good").succeeded().out();
    assertTrue(answer.matches("pos 0\\.\\d{3}, neg 0\\.\\d{3}\n"), answer);
    String json =
        jaubert("predict", "--model", out, "--json", "the story was bad").succeeded().out();
    assertTrue(json.startsWith("{\"text\":\"the story was bad\",\"scores\":{\"neg\":0."), json);
    assertEquals(
        "--pair is for a model of pairs of texts, which " + out + " is not",
        jaubert("predict", "--model", out, "a", "--pair", "b").failure(2));

    Path errors = folder.resolve("errors.tsv");
    JsonNode judged =
        new JsonMapper()
            .readTree(
                jaubert("evaluate", "--model", out, "--data", eval, "--errors", errors, "--json")
                    .succeeded()
                    .out());
    assertEquals(run.path("evaluation"), judged.path("evaluation"));
    assertEquals(run.path("confusion_matrix"), judged.path("confusion_matrix"));
    assertTrue(Files.readString(errors).startsWith("sentence\tlabel\tprediction\tscore\n"));
    assertTrue(
        jaubert("evaluate", "--model", out, "--data", eval, "--doc-stride", 3)
            .failure(2)
            .endsWith(out + " is a model of --task setfit"));

    // Nothing is left of its head once another model is in its place.
    finetune(out, "--overwrite", "--new-head", "--map-label", "pos=praise").succeeded();
    String replaced = jaubert("predict", "--model", out, "the story was good").succeeded().out();
    assertTrue(replaced.contains("praise 0."), replaced);
  }

  /** 12 pairs of one label, and as many of two labels as there are: 16. */
  @Test
  void fewPairsAreReadOftener() {
    Result result = learn(folder.resolve("few"), "--shots", 4).succeeded();
    assertTrue(result.out().contains("\n40 steps in "), result.out());
  }

  @Test
  void optionsOfOtherTasksAreRefused() {
    Path out = folder.resolve("none");
    assertEquals(
        "--class-weights is not for --task setfit",
        learn(out, "--class-weights", "balanced").failure(2));
    assertEquals("--teacher is not for --task setfit", learn(out, "--teacher", model).failure(2));
    assertEquals("--lora-rank is not for --task setfit", learn(out, "--lora-rank", 4).failure(2));
    assertEquals(
        "--sampling is for --task setfit", finetune(out, "--sampling", "unique").failure(2));
    assertEquals(
        "--shots and --train-limit exclude each other",
        learn(out, "--shots", 4, "--train-limit", 9).failure(2));
  }
}
