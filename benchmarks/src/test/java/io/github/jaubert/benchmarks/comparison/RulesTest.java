package io.github.jaubert.benchmarks.comparison;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.benchmarks.comparison.Goal.Scale;
import java.util.List;
import org.junit.jupiter.api.Test;

class RulesTest {
  private final Results results = new Results();

  private void add(String who, String work, String unit, double value) {
    add(who, work, unit, value, 0, 0);
  }

  private void add(String who, String work, String unit, double value, double flops, double bytes) {
    results.add(who, List.of(new Reading(work, unit, value, List.of(), flops, bytes, who)));
  }

  private Comparison only(Goal.Rule rule) {
    List<Comparison> found = rule.compare(results);
    assertEquals(1, found.size(), found::toString);
    return found.get(0);
  }

  @Test
  void aTimeIsBetterIfShorterAndARateIfHigher() {
    add("Jaubert", "step", "ms", 50);
    add("PyTorch", "step", "ms", 200);
    add("Jaubert", "text", "sentences/s", 300);
    add("PyTorch", "text, padded", "sentences/s", 60);
    assertEquals(
        new Comparison("step", "ms", 50, "PyTorch", 200, 4),
        only(Rules.fasterThan("PyTorch", "step")));
    assertEquals(
        new Comparison("text", "sentences/s", 300, "PyTorch, padded", 60, 5),
        only(Rules.fasterThan("PyTorch", "text", ", padded")));
  }

  @Test
  void mediansOfRoundsAreCompared() {
    for (double value : new double[] {10, 1000, 12}) {
      add("Jaubert", "step", "ms", value);
    }
    for (double value : new double[] {30, 1, 24, 24}) {
      add("DJL", "step", "ms", value);
    }
    assertEquals(2, only(Rules.fasterThan("DJL", "step")).ratio());
  }

  @Test
  void whatOneSideDidNotMeasureIsNotCompared() {
    add("Jaubert", "step", "ms", 50);
    add("PyTorch", "steps", "ms", 50);
    Goal goal = Goal.times("faster", 1.5, Rules.fasterThan("PyTorch", "step.*"));
    Row row = Row.of(goal, results);
    assertFalse(row.isMeasured());
    assertFalse(row.isMet());
  }

  @Test
  void aGoalHoldsForEveryWorkAndTheWorstDecides() {
    add("Jaubert", "op a", "us", 10);
    add("PyTorch", "op a", "us", 30);
    add("Jaubert", "op b", "us", 10);
    add("PyTorch", "op b", "us", 16);
    Row met = Row.of(Goal.times("ops", 1.5, Rules.fasterThan("PyTorch", "op .")), results);
    assertTrue(met.isMet());
    assertEquals("op b", met.decisive().orElseThrow().work());
    assertFalse(Row.of(Goal.times("ops", 2, Rules.fasterThan("PyTorch", "op .")), results).isMet());
  }

  @Test
  void aFigureCanStandByItself() {
    add("Jaubert", "add: garbage", "bytes/call", 96);
    Goal goal = Goal.atMost("garbage", 96, Scale.PLAIN, Rules.value("add: garbage"));
    assertTrue(Row.of(goal, results).isMet());
    add("Jaubert", "add: garbage", "bytes/call", 98);
    assertFalse(Row.of(goal, results).isMet());
    assertEquals("≤ 96", goal.boundInWords());
  }

  @Test
  void memoryIsHeldAgainstTheMostFrugal() {
    add("Jaubert", "peak memory, step", "MB", 600);
    add("PyTorch", "peak memory, step", "MB", 1500);
    add("DJL", "peak memory, step", "MB", 1200);
    List<String> peers = List.of("PyTorch", "DJL", "ND4J");
    Goal goal =
        Goal.atMost("memory", 0.6, Scale.PERCENT, Rules.partOfBest(peers, "peak memory, .*"));
    Row row = Row.of(goal, results);
    assertEquals(
        new Comparison("peak memory, step", "MB", 600, "DJL", 1200, 0.5),
        row.decisive().orElseThrow());
    assertTrue(row.isMet());
    assertEquals("≤ 60 %", goal.boundInWords());
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
        only(Rules.shareOfFlops("step|gelu", "^sgemm")));
    assertEquals(
        new Comparison("gelu", "GB/s", 30, "copy 2 threads", 40, 0.75),
        only(Rules.shareOfBandwidth("step|gelu", "^copy")));
    add("Jaubert", "linear", "ms", 100, 64e9, 0);
    assertEquals(0.5, only(Rules.shareOfFlops("step", "^sgemm|^linear$")).ratio(), 1e-12);
  }

  @Test
  void aRateCanBeTheGoal() {
    add("Jaubert", "attention", "ms", 2, 400e9, 0);
    assertEquals(200_000, only(Rules.gigaflops("attention")).ratio(), 1e-6);
  }

  @Test
  void twoOfOurWorksAreCompared() {
    add("Jaubert", "growth, threads 1", "ms", 190);
    add("Jaubert", "growth, threads 2", "ms", 100);
    assertEquals(
        1.9, only(Rules.fasterThanOurs("growth, threads 2", "growth, threads 1")).ratio(), 1e-12);
    assertTrue(Rules.fasterThanOurs("growth, threads 4", "x").compare(results).isEmpty());
  }

  @Test
  void aStraightLineIsFoundStraight() {
    for (int size : new int[] {100, 200, 400, 800}) {
      add("Jaubert", "growth, tokens " + size, "ms", 3 + 0.5 * size);
    }
    assertEquals(0, only(Rules.straightLine("growth, tokens")).ratio(), 1e-9);
    add("Jaubert", "growth, tokens 1600", "us", 2e6);
    assertTrue(only(Rules.straightLine("growth, tokens")).ratio() > 0.1);
    assertTrue(Rules.straightLine("growth, length").compare(results).isEmpty());
  }

  @Test
  void lossesAreComparedStepByStep() {
    results.add("Jaubert", List.of(losses(0.7, 0.6, 0.5)));
    results.add("PyTorch", List.of(losses(0.7, 0.65, 0.51)));
    Comparison farthest = only(Rules.sameLosses("PyTorch", "losses, .*"));
    assertEquals("losses, SST-2, step 2 of 3", farthest.work());
    assertEquals(0.05, farthest.ratio(), 1e-12);
  }

  private static Reading losses(Double... samples) {
    return new Reading("losses, SST-2", "loss", 0.6, List.of(samples), 0, 0, "");
  }
}
