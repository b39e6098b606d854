package io.github.jaubert.benchmarks.comparison;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class MeasuringTest {
  private final Results results = new Results();
  private final ByteArrayOutputStream log = new ByteArrayOutputStream();
  private final Measuring measuring =
      new Measuring(
          new ProgramRunner(Duration.ofSeconds(60)),
          results,
          new PrintStream(log, true, StandardCharsets.UTF_8));

  private static Program program(String who, String script) {
    return new Program(who, List.of("sh", "-c", script));
  }

  private static String reading(double value) {
    return "echo '{\"work\":\"a\",\"unit\":\"ms\",\"value\":%s}'".formatted(value);
  }

  @Test
  void programsTakeTurnsAndEachIsFirst() {
    Program ours = program("Jaubert", reading(1));
    Program theirs = program("DJL", reading(2));
    Suite suite = new Suite("step", 3, List.of(ours, theirs));
    assertEquals(List.of(ours, theirs), suite.inRound(0));
    assertEquals(List.of(theirs, ours), suite.inRound(1));
    measuring.run(suite);
    assertEquals(3, results.find("DJL", "a").orElseThrow().rounds().size());
    assertEquals(6, log.toString(StandardCharsets.UTF_8).lines().count());
    assertEquals(List.of(), measuring.failures());
  }

  @Test
  void aPeerThatFailsIsNotTriedAgainAndTheOthersGoOn() {
    measuring.run(
        new Suite(
            "step",
            2,
            List.of(program("DJL", "echo no memory >&2; exit 1"), program("Jaubert", reading(1)))));
    assertEquals(1, measuring.failures().size());
    assertTrue(measuring.failures().get(0).startsWith("step: DJL ended with 1"));
    assertTrue(measuring.failures().get(0).endsWith("no memory"));
    assertEquals(2, results.find("Jaubert", "a").orElseThrow().rounds().size());
    assertFalse(measuring.oursFailed());
  }

  @Test
  void whatWasMeasuredBeforeACrashCounts() {
    measuring.run(
        new Suite(
            "step", 2, List.of(program("Jaubert", reading(3) + "; printf '{\"wor'; exit 9"))));
    assertEquals(3, results.find("Jaubert", "a").orElseThrow().value());
    assertEquals(1, results.find("Jaubert", "a").orElseThrow().rounds().size());
    assertTrue(measuring.oursFailed());
  }

  @Test
  void ourOwnFailureCounts() {
    measuring.run(new Suite("step", 1, List.of(program("Jaubert", "exit 1"))));
    assertTrue(measuring.oursFailed());
  }
}
