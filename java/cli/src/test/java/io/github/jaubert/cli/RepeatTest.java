package io.github.jaubert.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Several runs of finetune in one command: with several seeds, and over parts of the data. */
class RepeatTest extends CommandFixture {
  private Result repeat(Path out, Path data, Object... more) {
    List<Object> words = new ArrayList<>(List.of("finetune", "--model", model, "--train", data));
    words.addAll(List.of("--out", out, "--lr", "4e-3", "--epochs", 3, "--precision", "f32"));
    words.addAll(List.of("--batch-size", 16));
    words.addAll(List.of(more));
    return jaubert(words.toArray());
  }

  private static double accuracy(Path run) {
    return JsonFiles.readObject(run.resolve("run.json"))
        .path("evaluation")
        .path("accuracy")
        .asDouble();
  }

  @Test
  void seedsGiveMediansAndTheBestModelStays() throws IOException {
    Path out = folder.resolve("out");
    Object[] more = {"--eval", eval, "--seed", 7, "--seeds", 2};
    String first = repeat(out, train, more).succeeded().out();
    assertTrue(first.startsWith("1 of 2: seed 7\n  accuracy "), first);
    assertTrue(first.contains("\nmedian of 2 runs, seeds 7 to 8 (least – largest):\n"), first);
    JsonNode run = JsonFiles.readObject(out.resolve("seed-8/run.json"));
    assertEquals(16, run.path("settings").path("batch_size").asInt());
    assertEquals(8, run.path("settings").path("seed").asInt());

    more[5] = 3; // one more; the others are not done again
    long written = Files.getLastModifiedTime(out.resolve("seed-7/run.json")).toMillis();
    String said = repeat(out, train, more).succeeded().out();
    assertEquals(written, Files.getLastModifiedTime(out.resolve("seed-7/run.json")).toMillis());
    double[] measured = {
      accuracy(out.resolve("seed-7")),
      accuracy(out.resolve("seed-8")),
      accuracy(out.resolve("seed-9"))
    };
    double[] sorted = IntStream.range(0, 3).mapToDouble(i -> measured[i]).sorted().toArray();
    JsonNode json = JsonFiles.readObject(out.resolve("seeds.json"));
    JsonNode accuracy = json.path("metrics").path("accuracy");
    assertEquals(sorted[1], accuracy.path("median").asDouble());
    assertEquals(sorted[0], accuracy.path("least").asDouble());
    assertEquals(sorted[2], accuracy.path("largest").asDouble());
    String best = json.path("best").asText();
    assertEquals(sorted[2], accuracy(out.resolve(best)));
    assertTrue(said.contains("the model in " + out.resolve(best) + " has the best accuracy"), said);
    for (int seed = 7; seed <= 9; seed++) {
      Path weights = out.resolve("seed-" + seed + "/model.safetensors");
      assertEquals(best.equals("seed-" + seed), Files.exists(weights), weights.toString());
    }
    jaubert("predict", "--model", out.resolve(best), "the film was good").succeeded();

    assertEquals(
        out
            + ": holds the runs of another command, see seeds.json; choose another folder with --out",
        repeat(out, train, "--eval", eval, "--seeds", 2, "--weight-decay", 0.1).failure(1));
    assertEquals(
        folder + ": is not empty; choose another folder with --out",
        repeat(folder, train, "--eval", eval, "--seeds", 2).failure(1));
    assertRefused("--seeds needs --eval or --eval-share: models are compared by it", "--seeds", 2);
    assertRefused("--seeds 1: a whole number from 2", "--seeds", 1, "--eval", eval);
    assertRefused("--seeds and --folds exclude each other", "--seeds", 2, "--folds", 2);
    assertRefused("--keep-models is for --seeds and --folds", "--keep-models");
  }

  private void assertRefused(String message, Object... more) {
    assertEquals(message, repeat(folder.resolve("none"), train, more).failure(2));
    assertFalse(Files.exists(folder.resolve("none")));
  }

  @Test
  void eachRowIsPredictedByAModelThatDidNotSeeIt() throws IOException {
    List<String> rows = sentences(90, 5).lines().toList();
    String table =
        IntStream.range(0, 90)
            .mapToObj(i -> "r%d,\"%s\"".formatted(i, rows.get(i).replace("\t", "\",")))
            .collect(Collectors.joining("\n", "id,sentence,kind\n", "\n"));
    Path data = Files.writeString(folder.resolve("data.csv"), table);
    Path out = folder.resolve("out");
    Object[] more = {"--folds", 3, "--label-column", "kind", "--metric", "accuracy", "--seed", 5};
    String said = repeat(out, data, more).succeeded().out();
    assertTrue(
        said.contains("\n90 examples in 3 parts, stratified by label, drawn with seed 5\n"), said);
    assertTrue(said.contains("\nmean over 3 parts (standard deviation):\n  accuracy "), said);
    List<String> predicted = Files.readAllLines(out.resolve("predictions.csv"));
    assertEquals("id,sentence,kind,fold,prediction,score", predicted.get(0));
    int[] counts = new int[4];
    int[] positive = new int[4];
    int[] right = new int[4];
    for (int i = 0; i < 90; i++) {
      String[] cells = predicted.get(i + 1).split(",");
      assertEquals("r" + i, cells[0]);
      int fold = Integer.parseInt(cells[3]);
      counts[fold]++;
      positive[fold] += cells[2].equals("pos") ? 1 : 0;
      right[fold] += cells[2].equals(cells[4]) ? 1 : 0;
    }
    double sum = 0;
    for (int fold = 1; fold <= 3; fold++) {
      assertEquals(30, counts[fold]);
      assertTrue(Math.abs(positive[fold] - positive[1]) <= 1);
      assertEquals(right[fold] / 30.0, accuracy(out.resolve("fold-" + fold)), 1e-9);
      assertFalse(Files.exists(out.resolve("fold-" + fold + "/model.safetensors")));
      sum += right[fold] / 30.0;
    }
    JsonNode json = JsonFiles.readObject(out.resolve("folds.json"));
    assertEquals(sum / 3, json.path("metrics").path("accuracy").path("mean").asDouble(), 1e-9);

    // What was done is not done again, and gives the same file.
    long written = Files.getLastModifiedTime(out.resolve("fold-3/run.json")).toMillis();
    Files.delete(out.resolve("predictions.csv"));
    repeat(out, data, more).succeeded();
    assertEquals(written, Files.getLastModifiedTime(out.resolve("fold-3/run.json")).toMillis());
    assertEquals(predicted, Files.readAllLines(out.resolve("predictions.csv")));

    assertRefused(
        "--folds and --eval exclude each other: each part of --train is judged by once",
        "--folds",
        3,
        "--eval",
        eval);
    assertRefused(
        "--folds is for labels and scores of whole texts, not for --task QA",
        "--folds",
        3,
        "--task",
        "qa");
    Path rare = Files.writeString(folder.resolve("rare.csv"), table + "r90,the,odd\n");
    assertTrue(
        repeat(folder.resolve("none"), rare, "--folds", 3, "--label-column", "kind")
            .failure(1)
            .startsWith(rare + ":92: label odd is in one of 3 parts alone"));
  }
}
