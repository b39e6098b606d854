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

class SuiteTest {
  private final Results results = new Results();
  private final ByteArrayOutputStream log = new ByteArrayOutputStream();

  /** Whether ours ran. */
  private boolean measure(int rounds, Program... programs) {
    Suite suite = new Suite("step", rounds, 1, "", List.of(), List.of());
    PrintStream out = new PrintStream(log, true, StandardCharsets.UTF_8);
    return suite.measure(List.of(programs), results, out);
  }

  private static Program program(String who, String script) {
    return new Program(who, List.of("sh", "-c", script), Duration.ofSeconds(60));
  }

  private static String reading(double value) {
    return "echo '{\"work\":\"a\",\"unit\":\"ms\",\"value\":%s}'".formatted(value);
  }

  @Test
  void programsTakeTurnsAndEachIsFirst() {
    Program ours = program("Jaubert", reading(1));
    Program theirs = program("DJL", reading(2));
    assertEquals(List.of(ours, theirs), Suite.inRound(0, List.of(ours, theirs)));
    assertEquals(List.of(theirs, ours), Suite.inRound(1, List.of(ours, theirs)));
    assertTrue(measure(3, ours, theirs));
    assertEquals(3, results.find("DJL", "a").orElseThrow().rounds().size());
    assertEquals(6, log.toString(StandardCharsets.UTF_8).lines().count());
    assertEquals(List.of(), results.failures());
  }

  @Test
  void aPeerThatFailsIsNotTriedAgainAndTheOthersGoOn() {
    Program broken = program("DJL", "echo no memory >&2; exit 1");
    assertTrue(measure(2, broken, program("Jaubert", reading(1))));
    assertEquals(1, results.failures().size());
    assertTrue(results.failures().get(0).startsWith("step: DJL ended with 1"));
    assertTrue(results.failures().get(0).endsWith("no memory"));
    assertEquals(2, results.find("Jaubert", "a").orElseThrow().rounds().size());
  }

  @Test
  void whatWasMeasuredBeforeACrashCounts() {
    Program broken = program("Jaubert", reading(3) + "; printf '{\"wor'; exit 9");
    assertFalse(measure(2, broken));
    assertEquals(3, results.find("Jaubert", "a").orElseThrow().value());
    assertEquals(1, results.find("Jaubert", "a").orElseThrow().rounds().size());
  }

  @Test
  void ourOwnFailureCounts() {
    assertFalse(measure(1, program("Jaubert", "exit 1")));
  }
}
