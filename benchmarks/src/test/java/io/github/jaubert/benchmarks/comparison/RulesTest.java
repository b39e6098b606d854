package io.github.jaubert.benchmarks.comparison;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.benchmarks.comparison.Goal.Comparison;
import io.github.jaubert.benchmarks.measure.Measurement;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class RulesTest {
  private final Results results = new Results();

  private void add(String who, String work, String unit, double value) {
    add(who, work, unit, value, 0, 0);
  }

  private void add(String who, String work, String unit, double value, double flops, double bytes) {
    results.add(who, List.of(new Measurement(work, unit, value, new double[0], flops, bytes, who)));
  }

  private Comparison only(Function<Results, List<Comparison>> rule) {
    List<Comparison> found = rule.apply(results);
    assertEquals(1, found.size(), found::toString);
    return found.get(0);
  }

  private boolean isMet(String bound, Function<Results, List<Comparison>> rule) {
    return new Goal("a goal", bound, rule).isMet(rule.apply(results));
  }

  @Test
  void boundsAreReadAsTheyAreWritten() {
    assertEquals(0.6, new Goal("", "≤ 60 %", null).limit());
    assertEquals(318_000, new Goal("", "≥ 318,000", null).limit());
    assertEquals("50.0 %", new Goal("", "≤ 60 %", null).format(0.5));
    assertEquals("1.30 x", new Goal("", "≥ 1.5 x", null).format(1.3));
    assertEquals("1.0e-03", new Goal("", "≤ 0.002", null).format(1e-3));
  }

  @Test
  void aTimeIsBetterIfShorterAndARateIfHigher() {
    add("Jaubert", "step", "ms", 50);
    add("PyTorch", "step", "ms", 200);
    add("Jaubert", "text", "sentences/s", 300);
    add("PyTorch", "text, padded", "sentences/s", 60);
    assertEquals(
        new Comparison("step", "ms", 50, "PyTorch", 200, 4),
        only(Rules.of("faster", "step", "PyTorch")));
    assertEquals(
        new Comparison("text", "sentences/s", 300, "PyTorch, padded", 60, 5),
        only(Rules.of("faster", "text", "PyTorch, padded")));
  }

  @Test
  void mediansOfRoundsAreCompared() {
    for (double value : new double[] {10, 1000, 12}) {
      add("Jaubert", "step", "ms", value);
    }
    for (double value : new double[] {30, 1, 24, 24}) {
      add("DJL", "step", "ms", value);
    }
    assertEquals(2, only(Rules.of("faster", "step", "DJL")).ratio());
  }

  @Test
  void whatOneSideDidNotMeasureIsNotCompared() {
    add("Jaubert", "step", "ms", 50);
    add("PyTorch", "steps", "ms", 50);
    assertTrue(Rules.of("faster", "step.*", "PyTorch").apply(results).isEmpty());
    assertFalse(isMet("≥ 0.1 x", Rules.of("faster", "step.*", "PyTorch")));
  }

  @Test
  void aGoalHoldsForEveryWorkAndTheWorstDecides() {
    add("Jaubert", "op a", "us", 10);
    add("PyTorch", "op a", "us", 30);
    add("Jaubert", "op b", "us", 10);
    add("PyTorch", "op b", "us", 16);
    Function<Results, List<Comparison>> rule = Rules.of("faster", "op .", "PyTorch");
    Goal goal = new Goal("ops", "≥ 1.5 x", rule);
    assertEquals("op b", goal.worst(rule.apply(results)).orElseThrow().work());
    assertTrue(isMet("≥ 1.5 x", rule));
    assertFalse(isMet("≥ 2 x", rule));
  }

  @Test
  void aFigureCanStandByItself() {
    add("Jaubert", "add: garbage", "bytes/call", 96);
    assertTrue(isMet("≤ 96", Rules.of("value", "add: garbage", "")));
    add("Jaubert", "add: garbage", "bytes/call", 98);
    assertFalse(isMet("≤ 96", Rules.of("value", "add: garbage", "")));
  }

  @Test
  void memoryIsHeldAgainstTheMostFrugal() {
    add("Jaubert", "peak memory, step", "MB", 600);
    add("PyTorch", "peak memory, step", "MB", 1500);
    add("DJL", "peak memory, step", "MB", 1200);
    Function<Results, List<Comparison>> rule =
        Rules.of("part of the least", "peak memory, .*", "PyTorch, DJL, ND4J");
    assertEquals(new Comparison("peak memory, step", "MB", 600, "DJL", 1200, 0.5), only(rule));
    assertTrue(isMet("≤ 60 %", rule));
    assertFalse(isMet("≤ 40 %", rule));
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
        only(Rules.of("part of GF/s", "step|gelu", "^sgemm")));
    assertEquals(
        new Comparison("gelu", "GB/s", 30, "copy 2 threads", 40, 0.75),
        only(Rules.of("part of GB/s", "step|gelu", "^copy")));
    add("Jaubert", "linear", "ms", 100, 64e9, 0);
    assertEquals(0.5, only(Rules.of("part of GF/s", "step", "^sgemm|^linear$")).ratio(), 1e-12);
  }

  @Test
  void aRateCanBeTheGoal() {
    add("Jaubert", "attention", "ms", 2, 400e9, 0);
    assertEquals(200_000, only(Rules.of("GF/s", "attention", "")).ratio(), 1e-6);
  }

  @Test
  void twoOfOurWorksAreCompared() {
    add("Jaubert", "growth, threads 1", "ms", 190);
    add("Jaubert", "growth, threads 2", "ms", 100);
    assertEquals(
        1.9,
        only(Rules.of("faster than ours", "growth, threads 2", "growth, threads 1")).ratio(),
        1e-12);
    assertTrue(Rules.of("faster than ours", "growth, threads 2", "x").apply(results).isEmpty());
  }

  @Test
  void aStraightLineIsFoundStraight() {
    for (int size : new int[] {100, 200, 400, 800}) {
      add("Jaubert", "growth, tokens " + size, "ms", 3 + 0.5 * size);
    }
    assertEquals(0, only(Rules.of("straight line", "growth, tokens", "")).ratio(), 1e-9);
    add("Jaubert", "growth, tokens 1600", "us", 2e6);
    assertTrue(only(Rules.of("straight line", "growth, tokens", "")).ratio() > 0.1);
    assertTrue(Rules.of("straight line", "growth, length", "").apply(results).isEmpty());
  }

  @Test
  void lossesAreComparedStepByStep() {
    results.add("Jaubert", List.of(losses(0.7, 0.6, 0.5)));
    results.add("PyTorch", List.of(losses(0.7, 0.65, 0.51)));
    Comparison farthest = only(Rules.of("same losses", "losses, .*", "PyTorch"));
    assertEquals("losses, SST-2, step 2 of 3", farthest.work());
    assertEquals(0.05, farthest.ratio(), 1e-12);
  }

  private static Measurement losses(double... samples) {
    return new Measurement("losses, SST-2", "loss", 0.6, samples, 0, 0, "");
  }
}
