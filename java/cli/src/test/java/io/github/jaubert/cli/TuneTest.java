package io.github.jaubert.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.cli.repeat.SearchSpace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Options are tried, and the best of them found. */
class TuneTest extends CommandFixture {
  private Result tune(Path out, List<?> search, Object... more) {
    List<Object> words = new ArrayList<>(List.of("tune", "--out", out));
    words.addAll(search);
    words.addAll(List.of("--", "--model", model, "--train", train, "--eval", eval));
    words.addAll(List.of("--precision", "f32"));
    words.addAll(List.of(more));
    return jaubert(words.toArray());
  }

  private static List<Path> weights(Path out) throws IOException {
    try (Stream<Path> files = Files.walk(out)) {
      return files.filter(file -> file.toString().endsWith(".safetensors")).toList();
    }
  }

  @Test
  void allCombinationsAreTriedAndTheBestIsKept() throws IOException {
    Path out = folder.resolve("out");
    List<?> search = List.of("--search", "lr=1e-6,4e-3", "--search", "batch-size=16,32");
    String said = tune(out, search, "--epochs", 3).succeeded().out();
    assertTrue(said.contains("4 of 4: --learning-rate=4e-3 --batch-size=32\n"), said);
    JsonNode trials = JsonFiles.readObject(out.resolve("tune.json")).path("trials");
    assertEquals(4, trials.size());
    double before = 1;
    for (JsonNode trial : trials) {
      JsonNode run =
          JsonFiles.readObject(out.resolve(trial.path("run").asText()).resolve("run.json"));
      assertEquals(
          trial.path("settings").path("--learning-rate").asDouble(),
          run.path("settings").path("learning_rate").asDouble(),
          1e-8);
      double accuracy = trial.path("evaluation").path("accuracy").asDouble();
      assertEquals(run.path("evaluation").path("accuracy").asDouble(), accuracy);
      assertTrue(accuracy <= before);
      before = accuracy;
    }
    JsonNode best = trials.get(0);
    assertEquals("4e-3", best.path("settings").path("--learning-rate").asText());
    Path kept = out.resolve(best.path("run").asText());
    assertEquals(List.of(kept.resolve("model.safetensors")), weights(out));
    assertTrue(said.contains("the model is in " + kept + "\n"), said);
    String command =
        "finetune --model %s --train %s --eval %s --precision f32 --epochs 3 --learning-rate=4e-3 --batch-size=%s\n"
            .formatted(model, train, eval, best.path("settings").path("--batch-size").asText());
    assertTrue(said.contains(command), said);
    // The table is sorted by the metric.
    assertTrue(
        said.contains("  run ") && said.indexOf("  " + kept.getFileName()) < said.indexOf("1e-6-"),
        said);

    long written = Files.getLastModifiedTime(kept.resolve("run.json")).toMillis();
    String again = tune(out, search, "--epochs", 3).succeeded().out();
    assertEquals(written, Files.getLastModifiedTime(kept.resolve("run.json")).toMillis());
    assertEquals(said, again);
    assertEquals(
        out
            + ": holds the runs of another command, see tune.json; choose another folder with --out",
        tune(out, search, "--epochs", 4).failure(1));
  }

  @Test
  void theBestOfARoundGetMoreToLearnFrom() throws IOException {
    Path out = folder.resolve("out");
    List<?> search =
        List.of(
            "--search",
            "learning-rate=1e-6..1e-2",
            "--trials",
            4,
            "--halving",
            "rows",
            "--least",
            30,
            "--most",
            200,
            "--factor",
            4);
    String said = tune(out, search, "--epochs", 2).succeeded().out();
    assertTrue(said.contains("round 1 of 3: 4 trials, 30 rows\n"), said);
    assertTrue(said.contains("round 2 of 3: 1 trial, 120 rows\n"), said);
    assertTrue(said.contains("round 3 of 3: 1 trial, 200 rows\n"), said);
    JsonNode trials = JsonFiles.readObject(out.resolve("tune.json")).path("trials");
    assertEquals(6, trials.size());
    assertEquals("200 rows", trials.get(0).path("budget").asText());
    JsonNode run =
        JsonFiles.readObject(out.resolve(trials.get(0).path("run").asText() + "/run.json"));
    assertEquals(200, run.path("train_examples").asInt());
    // The one that went on was the best of the first round, whose trials come last, sorted.
    assertEquals(trials.get(2).path("settings"), trials.get(0).path("settings"));
    assertTrue(said.contains("--train-limit=200\n"), said);
    assertEquals(1, weights(out).size());
  }

  @Test
  void numbersAreDrawnLogUniformly() {
    SearchSpace space = SearchSpace.of(Map.of("--x", "1e-5..1e-1"));
    List<Map<String, String>> drawn = space.draw(400, 3);
    assertEquals(400, drawn.size());
    assertEquals(drawn, space.draw(400, 3));
    int[] decades = new int[4];
    for (Map<String, String> one : drawn) {
      double value = Double.parseDouble(one.get("--x"));
      assertTrue(value >= 1e-5 && value <= 1e-1, one.toString());
      decades[Math.min(3, (int) Math.floor(Math.log10(value) + 5))]++;
    }
    for (int count : decades) {
      assertTrue(count > 60 && count < 140, "of 100 " + count);
    }
    assertEquals(3, SearchSpace.of(Map.of("--n", "2..4")).draw(50, 1).size());
    assertEquals(6, SearchSpace.of(Map.of("--n", "1,2,3", "--m", "a,b")).draw(50, 1).size());
  }

  @Test
  void whatCannotBeSearchedIsRefused() {
    assertRefused(
        "--search with a range needs --trials: how many numbers are drawn",
        "--search",
        "lr=1e-5..1e-3");
    assertRefused("--search lr: not OPTION=VALUES", "--search", "lr");
    assertRefused("--search rate=1: finetune has no option --rate", "--search", "rate=1");
    assertRefused(
        "--search keep-best=1: finetune has no option --keep-best with values",
        "--search",
        "keep-best=1");
    assertRefused("--search --learning-rate=1,,2: a value is empty", "--search", "lr=1,,2");
    assertRefused("--search --learning-rate=1,1: a value is there twice", "--search", "lr=1,1");
    assertRefused(
        "--search --learning-rate=1..x: a range has two numbers, as 1e-5..1e-3",
        "--search",
        "lr=1..x",
        "--trials",
        2);
    assertRefused(
        "--search --learning-rate=2..1: a range goes up from a number above 0",
        "--search",
        "lr=2..1",
        "--trials",
        2);
    assertRefused("--search eval=x: not to be searched", "--search", "eval=x");
    assertRefused("--search precision: it is behind --, too", "--search", "precision=bf16");
    assertRefused(
        "--epochs is what --halving epochs sets",
        "--search",
        "epochs=1,2",
        "--halving",
        "epochs",
        "--least",
        1,
        "--most",
        2);
    assertRefused("--halving needs --least and --most", "--search", "lr=1", "--halving", "rows");
    assertRefused("--least, --most and --factor need --halving", "--search", "lr=1", "--most", 3);
    assertEquals(
        "tune needs --eval or --eval-share behind --: trials are compared by it",
        jaubert("tune", "--search", "lr=1", "--", "--train", train).failure(2));
    // A value that finetune refuses stops the search, with its message.
    Result wrong = tune(folder.resolve("out"), List.of("--search", "epochs=none"));
    assertEquals(2, wrong.code());
    assertTrue(wrong.err().contains("'--epochs': 'none' is not an int"), wrong.err());
  }

  private void assertRefused(String message, Object... search) {
    assertEquals(message, tune(folder.resolve("none"), List.of(search)).failure(2));
    assertFalse(Files.exists(folder.resolve("none")));
  }
}
