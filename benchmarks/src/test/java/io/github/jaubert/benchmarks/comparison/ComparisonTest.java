package io.github.jaubert.benchmarks.comparison;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.benchmarks.measure.Measurement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ComparisonTest {
  private final Results results = new Results();

  private void add(String who, String work, String unit, double value) {
    add(who, work, unit, value, 0, 0);
  }

  private void add(String who, String work, String unit, double value, double flops, double bytes) {
    results.add(who, List.of(new Measurement(work, unit, value, new double[0], flops, bytes, who)));
  }

  private List<Comparison> compare(String rule, String works, String against) {
    return Comparison.of(new Goal("a goal", "≥ 1", rule, works, against), results);
  }

  private Comparison only(String rule, String works, String against) {
    List<Comparison> found = compare(rule, works, against);
    assertEquals(1, found.size(), found::toString);
    return found.get(0);
  }

  private boolean isMet(String bound, String rule, String works, String against) {
    Goal goal = new Goal("a goal", bound, rule, works, against);
    return goal.isMet(Comparison.of(goal, results));
  }

  private static Goal bounded(String bound) {
    return new Goal("a goal", bound, "value", "", "");
  }

  @Test
  void boundsAreReadAsTheyAreWritten() {
    assertEquals(0.6, bounded("≤ 60 %").limit());
    assertEquals(318_000, bounded("≥ 318,000").limit());
    assertEquals("50.0 %", bounded("≤ 60 %").format(0.5));
    assertEquals("1.30 x", bounded("≥ 1.5 x").format(1.3));
    assertEquals("1.0e-03", bounded("≤ 0.002").format(1e-3));
  }

  @Test
  void aTimeIsBetterIfShorterAndARateIfHigher() {
    add("Jaubert", "step", "ms", 50);
    add("PyTorch", "step", "ms", 200);
    add("Jaubert", "text", "sentences/s", 300);
    add("PyTorch", "text, by length", "sentences/s", 60);
    assertEquals(
        new Comparison("step", "ms", 50, "PyTorch", 200, 4), only("faster", "step", "PyTorch"));
    assertEquals(
        new Comparison("text", "sentences/s", 300, "PyTorch, by length", 60, 5),
        only("faster", "text", "PyTorch, by length"));
  }

  @Test
  void mediansOfRoundsAreCompared() {
    for (double value : new double[] {10, 1000, 12}) {
      add("Jaubert", "step", "ms", value);
    }
    for (double value : new double[] {30, 1, 24, 24}) {
      add("DJL", "step", "ms", value);
    }
    assertEquals(2, only("faster", "step", "DJL").ratio());
  }

  @Test
  void roundsInDifferentUnitsAreRefused() {
    add("DJL", "step", "ms", 1);
    assertThrows(IllegalArgumentException.class, () -> add("DJL", "step", "us", 1));
  }

  @Test
  void whatOneSideDidNotMeasureIsNotCompared() {
    add("Jaubert", "step", "ms", 50);
    add("PyTorch", "steps", "ms", 50);
    assertTrue(compare("faster", "step.*", "PyTorch").isEmpty());
    assertFalse(isMet("≥ 0.1 x", "faster", "step.*", "PyTorch"));
  }

  @Test
  void aGoalHoldsForEveryWorkAndTheWorstDecides() {
    add("Jaubert", "op a", "us", 10);
    add("PyTorch", "op a", "us", 30);
    add("Jaubert", "op b", "us", 10);
    add("PyTorch", "op b", "us", 16);
    Goal goal = new Goal("ops", "≥ 1.5 x", "faster", "op .", "PyTorch");
    assertEquals("op b", goal.worst(Comparison.of(goal, results)).orElseThrow().work());
    assertTrue(isMet("≥ 1.5 x", "faster", "op .", "PyTorch"));
    assertFalse(isMet("≥ 2 x", "faster", "op .", "PyTorch"));
  }

  @Test
  void aFigureCanStandByItself() {
    add("Jaubert", "add: garbage", "bytes/call", 96);
    assertTrue(isMet("≤ 96", "value", "add: garbage", ""));
    add("Jaubert", "add: garbage", "bytes/call", 98);
    assertFalse(isMet("≤ 96", "value", "add: garbage", ""));
  }

  @Test
  void memoryIsHeldAgainstTheMostFrugal() {
    add("Jaubert", "peak memory, step", "MB", 600);
    add("PyTorch", "peak memory, step", "MB", 1500);
    add("DJL", "peak memory, step", "MB", 1200);
    String rule = "part of the least";
    String peers = "PyTorch, DJL, ND4J";
    assertEquals(
        new Comparison("peak memory, step", "MB", 600, "DJL", 1200, 0.5),
        only(rule, "peak memory, .*", peers));
    assertTrue(isMet("≤ 60 %", rule, "peak memory, .*", peers));
    assertFalse(isMet("≤ 40 %", rule, "peak memory, .*", peers));
  }

  @Test
  void sharesAreOfTheBestRoof() {
    add("Jaubert", "sgemm a 2 threads", "GF/s", 300);
    add("Jaubert", "sgemm b 2 threads", "GF/s", 400);
    add("Jaubert", "copy 2 threads", "GB/s", 40);
    add("Jaubert", "step", "ms", 100, 32e9, 0);
    add("Jaubert", "gelu", "us", 1000, 0, 30e6);
    assertEquals(
        new Comparison("step", "GF/s", 320, "sgemm b 2 threads", 400, 0.8),
        only("part of GF/s", "step|gelu", "^sgemm"));
    assertEquals(
        new Comparison("gelu", "GB/s", 30, "copy 2 threads", 40, 0.75),
        only("part of GB/s", "step|gelu", "^copy"));
    add("Jaubert", "linear", "ms", 100, 64e9, 0);
    assertEquals(0.5, only("part of GF/s", "step", "^sgemm|^linear$").ratio(), 1e-12);
  }

  @Test
  void aRateCanBeTheGoal() {
    add("Jaubert", "attention", "ms", 2, 400e9, 0);
    assertEquals(200_000, only("GF/s", "attention", "").ratio(), 1e-6);
  }

  @Test
  void twoOfOurWorksAreCompared() {
    add("Jaubert", "growth, threads 1", "ms", 190);
    add("Jaubert", "growth, threads 2", "ms", 100);
    assertEquals(
        1.9, only("faster than ours", "growth, threads 2", "growth, threads 1").ratio(), 1e-12);
    assertTrue(compare("faster than ours", "growth, threads 2", "x").isEmpty());
  }

  @Test
  void aStraightLineIsFoundStraight() {
    for (int size : new int[] {100, 200, 400, 800}) {
      add("Jaubert", "growth, tokens " + size, "ms", 3 + 0.5 * size);
    }
    assertEquals(0, only("straight line", "growth, tokens", "").ratio(), 1e-9);
    add("Jaubert", "growth, tokens 1600", "us", 2e6);
    assertTrue(only("straight line", "growth, tokens", "").ratio() > 0.1);
    assertTrue(compare("straight line", "growth, length", "").isEmpty());
  }

  @Test
  void aLineIsFoundAgain() {
    Line line = Line.through(Map.of(1.0, 5.5, 2.0, 8.0, 7.0, 20.5)); // 3 + 2.5 x
    assertEquals(2.5, line.slope(), 1e-9);
    assertEquals(3, line.intercept(), 1e-9);
    assertEquals(10.5, line.at(3), 1e-9);
    assertEquals(1, line.rSquared(), 1e-9);
  }

  @Test
  void aCurveIsNoLine() {
    Map<Double, Double> points = new HashMap<>();
    IntStream.rangeClosed(1, 8).forEach(x -> points.put((double) x, (double) x * x));
    Line line = Line.through(points);
    assertTrue(line.rSquared() < 0.95, "R² of a parabola: " + line.rSquared());
    assertTrue(Math.abs(line.at(8) / 64 - 1) > 0.3, "a parabola's last value: " + line.at(8));
  }

  @Test
  void oneValueOutOfLineDoesNotMoveTheSmallOnes() {
    // 20 + 10 x but the last, which is 10 % more
    Line line = Line.through(Map.of(1.0, 30.0, 2.0, 40.0, 4.0, 60.0, 8.0, 100.0, 16.0, 198.0));
    assertTrue(Math.abs(line.at(1) / 30 - 1) < 0.04, "30 by the line: " + line.at(1));
    assertTrue(Math.abs(line.at(16) / 198 - 1) > 0.03, "198 by the line: " + line.at(16));
  }

  @Test
  void onePointHasNoLine() {
    assertThrows(IllegalArgumentException.class, () -> Line.through(Map.of(2.0, 1.0)));
    Map<Double, Double> zero = Map.of(2.0, 1.0, 3.0, 0.0);
    assertThrows(IllegalArgumentException.class, () -> Line.through(zero));
  }

  @Test
  void lossesAreComparedStepByStep() {
    results.add("Jaubert", List.of(losses(0.7, 0.6, 0.5)));
    results.add("PyTorch", List.of(losses(0.7, 0.65, 0.51)));
    Comparison farthest = only("same losses", "losses, .*", "PyTorch");
    assertEquals("losses, SST-2, step 2 of 3", farthest.work());
    assertEquals(0.05, farthest.ratio(), 1e-12);
  }

  private static Measurement losses(double... samples) {
    return new Measurement("losses, SST-2", "loss", 0.6, samples, 0, 0, "");
  }
}
