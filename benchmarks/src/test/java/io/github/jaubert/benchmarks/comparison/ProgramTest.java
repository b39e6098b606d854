package io.github.jaubert.benchmarks.comparison;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.benchmarks.measure.Measurement;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProgramTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static Program shell(String script) {
    return new Program("Shell", List.of("sh", "-c", script), PATIENCE);
  }

  private static String failureOf(Program program) {
    return assertThrows(Program.Failure.class, program::measure).getMessage();
  }

  @Test
  void measurementsComeFromStandardOutputAlone() throws Program.Failure {
    Program program =
        shell(
            "echo warming up >&2; echo '{\"work\":\"a\",\"unit\":\"ms\",\"value\":1}';"
                + " echo '{\"work\":\"b\",\"unit\":\"MB\",\"value\":2,\"peer\":\"Shell 1\"}'");
    assertEquals(
        List.of(
            "{\"work\":\"a\",\"unit\":\"ms\",\"value\":1,\"samples\":[],\"peer\":\"\"}",
            "{\"work\":\"b\",\"unit\":\"MB\",\"value\":2,\"samples\":[],\"peer\":\"Shell 1\"}"),
        program.measure().stream().map(Measurement::json).toList());
  }

  @Test
  void aCrashIsNamedWithItsFirstAndLastWords() {
    String message = failureOf(shell("for i in $(seq 100); do echo line $i >&2; done; exit 3"));
    assertTrue(message.startsWith("Shell ended with 3: sh -c"), message);
    assertTrue(message.contains("\n    line 1\n    line 2\n"), message);
    assertTrue(message.endsWith("line 100"), message);
    assertFalse(message.contains("line 50\n"), message);
  }

  @Test
  void aProgramThatHangsIsEndedWithItsChildren() {
    long begin = System.nanoTime();
    String message =
        failureOf(
            new Program(
                "Shell",
                List.of("sh", "-c", "echo thinking >&2; sleep 600; echo done"),
                Duration.ofMillis(500)));
    assertTrue(System.nanoTime() - begin < PATIENCE.toNanos());
    assertTrue(message.startsWith("Shell was still running after 0.5 s: sh -c"), message);
    assertTrue(message.endsWith("thinking"), message);
    assertTrue(
        ProcessHandle.current().descendants().noneMatch(ProcessHandle::isAlive),
        "a child is still alive");
  }

  @Test
  void aProgramThatIsNotThereIsNamed() {
    Program missing = new Program("PyTorch", List.of("/nowhere/python", "torch_step.py"), PATIENCE);
    String message = failureOf(missing);
    assertTrue(
        message.startsWith("PyTorch could not be run: ") && message.contains("/nowhere/python"),
        message);
  }

  @Test
  void whatIsNoMeasurementIsShown() {
    String message =
        failureOf(shell("echo '{\"work\":\"a\",\"unit\":\"ms\",\"value\":1}';echo oops"));
    assertTrue(message.contains("printed no measurement: oops"), message);
    assertTrue(failureOf(shell("true")).startsWith("Shell measured nothing"));
  }

  @Test
  void openBlasChoosesForItself() throws Program.Failure {
    String seen = shell("echo core: $OPENBLAS_CORETYPE size: $OPENBLAS_L2_SIZE").output();
    assertEquals("core: size:", seen.strip());
  }
}
