package io.github.jaubert.benchmarks.comparison;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.jaubert.benchmarks.measure.Measurement;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {
  private static final Report.Words WORDS =
      new Report.Words("cpu", "A title", "float32", "By a clock.");

  private static final List<Goal> GOALS =
      List.of(
          new Goal("step, to PyTorch", "≥ 1.5 x", "faster", "training step A", "PyTorch"),
          new Goal("small, to DJL", "≥ 3 x", "faster", "add .*", "DJL"),
          new Goal("small, to ND4J", "≥ 3 x", "faster", "add .*", "ND4J"));

  @TempDir private Path folder;

  private static Report report() {
    Results results = new Results();
    add(results, "PyTorch", "training step A", "ms", 200);
    add(results, "Jaubert", "training step A", "ms", 100);
    add(results, "Jaubert", "add 8x8", "us", 2);
    add(results, "Jaubert", "add 8x8+8", "us", 2);
    add(results, "Jaubert", "training step A", "ms", 60);
    add(results, "DJL", "add 8x8", "us", 8);
    add(results, "DJL", "add 8x8+8", "us", 4);
    results.leftOut().add("ND4J: not here");
    results.failures().add("step: ONNX Runtime ended with 1");
    return report(GOALS, results);
  }

  private static Report report(List<Goal> goals, Results results) {
    return new Report(
        WORDS,
        new Report.Commit("abc1234", "2026-11-01"),
        Map.of("processor", "Z80"),
        Report.compare(goals, results),
        results);
  }

  private static void add(Results results, String who, String work, String unit, double value) {
    double[] samples = {value, value + 1};
    results.add(who, List.of(new Measurement(work, unit, value, samples, 1e9, 0, who + " 2")));
  }

  @Test
  void jsonHoldsARowForEveryGoalAndEveryRound() {
    JsonNode root = report().json();
    assertEquals("abc1234", root.at("/commit").asText());
    assertEquals("Z80", root.at("/run/processor").asText());
    assertEquals("PyTorch 2", root.at("/versions/PyTorch/0").asText());
    assertEquals(
        "{'name':'step, to PyTorch','work':'training step A','unit':'ms','value':80.0,'peer':'PyTorch',"
            + "'peerValue':200.0,'ratio':2.5,'goal':'≥ 1.5 x','bound':1.5,'met':true}",
        root.at("/goals/0").toString().replace('"', '\''));
    assertEquals("add 8x8+8", root.at("/goals/1/work").asText());
    assertFalse(root.at("/goals/1/met").asBoolean());
    assertEquals(2, root.at("/goals/1/comparisons").size());
    assertTrue(root.at("/goals/2/met").isNull());
    assertEquals("Jaubert", root.at("/works/0/program").asText());
    assertEquals(100, root.at("/works/0/rounds/0/value").asDouble());
    assertEquals(61, root.at("/works/0/rounds/1/samples/1").asDouble());
    assertEquals("ND4J: not here", root.at("/leftOut/0").asText());
  }

  @Test
  void theTableSaysWhatIsMetMissedAndNotMeasured() {
    List<String> lines = MarkdownReport.lines(report(), Map.of("steps.png", "Training steps"));
    assertTrue(
        lines.contains(
            "1 of 2 goals measured are met; commit abc1234 of 2026-11-01. Medians of alternating runs, float32."));
    assertTrue(
        lines.contains(
            "| step, to PyTorch | ≥ 1.5 x | **2.50 x** | yes | training step A | 80 ms | PyTorch | 200 |"));
    assertTrue(
        lines.contains(
            "| small, to DJL | ≥ 3 x | **2.00 x** | **no** | add 8x8+8 (worst of 2) | 2 us | DJL | 4 |"));
    assertTrue(
        lines.stream()
            .anyMatch(l -> l.startsWith("| small, to ND4J | ≥ 3 x | – | not measured |")));
    assertTrue(lines.contains("![Training steps](steps.png)"));
    assertTrue(lines.contains("| training step A | ms | 80 | 200 | 12.5 GF/s |"));
    assertTrue(lines.contains("- ND4J: not here"));
    assertTrue(lines.contains("- step: ONNX Runtime ended with 1"));
    List<String> rows = lines.stream().filter(l -> l.startsWith("| s")).toList();
    for (String row : rows) {
      assertEquals(9, row.chars().filter(c -> c == '|').count(), row);
    }
  }

  @Test
  void waysOfAPeerAreColumns() {
    Results results = new Results();
    add(results, "PyTorch", "training, A, in file order", "sentences/s", 20);
    add(results, "PyTorch", "training, A, by length", "sentences/s", 40);
    add(results, "Jaubert", "training, A", "sentences/s", 90);
    List<String> lines = MarkdownReport.lines(report(List.of(), results), Map.of());
    int head =
        lines.indexOf(
            "| work | unit | Jaubert | PyTorch, in file order | PyTorch, by length | Jaubert in GF/s, GB/s |");
    assertTrue(head > 0, lines::toString);
    assertEquals("| training, A | sentences/s | 90 | 20 | 40 |  |", lines.get(head + 2));
    assertEquals("", lines.get(head + 3));
  }

  @Test
  void picturesAreImages() throws IOException {
    Results results = report().results();
    for (int size : new int[] {512, 1024, 2048}) {
      add(results, "Jaubert", "growth, tokens " + size, "ms", size);
    }
    add(results, "Jaubert", "losses, SST-2", "loss", 0.5);
    add(results, "Jaubert", "sgemm x 2 threads", "GF/s", 400);
    add(results, "Jaubert", "copy 2 threads", "GB/s", 40);
    results.add(
        "Jaubert", List.of(new Measurement("attention d64", "ms", 1, null, 1e9, 1e7, null)));
    List<String> files = new ArrayList<>(Pictures.draw(results, folder).keySet());
    assertEquals(
        List.of("steps.png", "losses-SST-2.png", "growth-tokens.png", "roofline.png"), files);
    for (String file : files) {
      assertTrue(ImageIO.read(folder.resolve(file).toFile()).getWidth() > 100, file);
    }
  }

  @Test
  void nothingMeasuredIsStillAReport() throws IOException {
    Report empty = report(Goal.of("cpu"), new Results());
    empty.write(folder);
    JsonNode json = new ObjectMapper().readTree(folder.resolve("report.json").toFile());
    assertEquals(Goal.of("cpu").size(), json.path("goals").size());
    assertEquals(
        List.of("report.json", "report.md"), Stream.of(folder.toFile().list()).sorted().toList());
  }

  @Test
  void everyGoalHasABound() {
    List<Goal> goals = Goal.of("cpu", "gpu", "gpu bf16");
    assertEquals(46, goals.size());
    for (Goal goal : goals) {
      assertTrue(goal.bound().matches("[≥≤] [0-9.,]+( x| %)?"), goal.bound());
      assertTrue(goal.limit() > 0, goal.bound());
    }
  }
}
