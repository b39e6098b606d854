package io.github.jaubert.benchmarks.comparison;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.benchmarks.comparison.Program.Outcome;
import io.github.jaubert.benchmarks.comparison.Results.Series;
import io.github.jaubert.benchmarks.measure.Measurement;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProgramTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Results results = new Results();
  private final ByteArrayOutputStream log = new ByteArrayOutputStream();

  private static Program shell(String script) {
    return program("Shell", script);
  }

  private static Program program(String who, String script) {
    return new Program(who, List.of("sh", "-c", script), PATIENCE);
  }

  private static String reading(double value) {
    return "echo '{\"work\":\"a\",\"unit\":\"ms\",\"value\":%s}'".formatted(value);
  }

  /** Whether ours ran. */
  private boolean measure(int rounds, Program... programs) {
    Suite suite = new Suite("step", rounds, 1, "", List.of(), List.of());
    PrintStream out = new PrintStream(log, true, StandardCharsets.UTF_8);
    return suite.measure(List.of(programs), results, out);
  }

  private Series found(String who) {
    return results.find(who, "a").orElseThrow();
  }

  @Test
  void measurementsComeFromStandardOutputAlone() {
    String second = "; echo '{\"work\":\"b\",\"unit\":\"MB\",\"value\":2,\"peer\":\"Shell 1\"}'";
    Outcome outcome = shell("echo warming up >&2; " + reading(1) + second).measure();
    assertNull(outcome.failure());
    assertEquals(
        List.of(
            "{\"work\":\"a\",\"unit\":\"ms\",\"value\":1.0,\"samples\":[],\"peer\":\"\"}",
            "{\"work\":\"b\",\"unit\":\"MB\",\"value\":2.0,\"samples\":[],\"peer\":\"Shell 1\"}"),
        outcome.measured().stream().map(Measurement::json).toList());
  }

  @Test
  void aCrashIsNamedWithItsFirstAndLastWords() {
    String script = "for i in $(seq 100); do echo line $i >&2; done; exit 3";
    String message = shell(script).measure().failure();
    assertTrue(message.startsWith("Shell ended with 3: sh -c"), message);
    assertTrue(message.contains("\n    line 1\n    line 2\n"), message);
    assertTrue(message.endsWith("line 100"), message);
    assertFalse(message.contains("line 50\n"), message);
  }

  @Test
  void aProgramThatHangsIsEndedWithItsChildren() {
    long begin = System.nanoTime();
    List<String> command = List.of("sh", "-c", "echo thinking >&2; sleep 600; echo done");
    String message = new Program("Shell", command, Duration.ofMillis(500)).measure().failure();
    assertTrue(System.nanoTime() - begin < PATIENCE.toNanos());
    assertTrue(message.startsWith("Shell was still running after 0.5 s: sh -c"), message);
    assertTrue(message.endsWith("thinking"), message);
    assertTrue(
        ProcessHandle.current().descendants().noneMatch(ProcessHandle::isAlive),
        "a child is still alive");
  }

  @Test
  void aProgramThatIsNotThereIsNamed() {
    List<String> command = List.of("/nowhere/python", "torch_step.py");
    String message = new Program("PyTorch", command, PATIENCE).measure().failure();
    assertTrue(
        message.startsWith("PyTorch could not be run: ") && message.contains("/nowhere/python"),
        message);
  }

  @Test
  void whatIsNoMeasurementIsShown() {
    String message = shell(reading(1) + ";echo oops").measure().failure();
    assertTrue(message.contains("printed no measurement: oops"), message);
    assertTrue(shell("true").measure().failure().startsWith("Shell measured nothing"));
  }

  @Test
  void openBlasChoosesForItself() {
    String seen = shell("echo core: $OPENBLAS_CORETYPE size: $OPENBLAS_L2_SIZE").run().output();
    assertEquals("core: size:", seen.strip());
  }

  @Test
  void programsTakeTurnsAndEachIsFirst() {
    assertTrue(measure(3, program("Jaubert", reading(1)), program("DJL", reading(2))));
    assertEquals(3, found("DJL").rounds().size());
    List<String> order =
        log.toString(StandardCharsets.UTF_8)
            .lines()
            .map(line -> line.replaceAll(".*: | .*", ""))
            .toList();
    assertEquals(List.of("Jaubert", "DJL", "DJL", "Jaubert", "Jaubert", "DJL"), order);
    assertEquals(List.of(), results.failures());
  }

  @Test
  void aPeerThatFailsIsNotTriedAgainAndTheOthersGoOn() {
    Program broken = program("DJL", "echo no memory >&2; exit 1");
    assertTrue(measure(2, broken, program("Jaubert", reading(1))));
    assertEquals(1, results.failures().size());
    assertTrue(results.failures().get(0).startsWith("step: DJL ended with 1"));
    assertTrue(results.failures().get(0).endsWith("no memory"));
    assertEquals(2, found("Jaubert").rounds().size());
  }

  @Test
  void whatWasMeasuredBeforeACrashCounts() {
    assertFalse(measure(2, program("Jaubert", reading(3) + "; printf '{\"wor'; exit 9")));
    assertEquals(3, found("Jaubert").value());
    assertEquals(1, found("Jaubert").rounds().size());
  }

  @Test
  void ourOwnFailureCounts() {
    assertFalse(measure(1, program("Jaubert", "exit 1")));
  }
}
