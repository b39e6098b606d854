package io.github.jaubert.benchmarks.comparison;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProgramRunnerTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final ProgramRunner runner = new ProgramRunner(PATIENCE);

  private static Program shell(String script) {
    return new Program("Shell", List.of("sh", "-c", script));
  }

  private static String failureOf(ProgramRunner runner, Program program) {
    return assertThrows(ProgramFailure.class, () -> runner.run(program)).getMessage();
  }

  @Test
  void readingsComeFromStandardOutputAlone() throws ProgramFailure {
    Program program =
        shell(
            "echo warming up >&2; echo '{\"work\":\"a\",\"unit\":\"ms\",\"value\":1}';"
                + " echo '{\"work\":\"b\",\"unit\":\"MB\",\"value\":2,\"peer\":\"Shell 1\"}'");
    assertEquals(
        List.of(
            new Reading("a", "ms", 1, List.of(), 0, 0, ""),
            new Reading("b", "MB", 2, List.of(), 0, 0, "Shell 1")),
        runner.run(program));
  }

  @Test
  void aCrashIsNamedWithItsFirstAndLastWords() {
    String message =
        failureOf(runner, shell("for i in $(seq 100); do echo line $i >&2; done; exit 3"));
    assertTrue(message.startsWith("Shell ended with 3: sh -c"), message);
    assertTrue(message.contains("\n    line 1\n    line 2\n"), message);
    assertTrue(message.endsWith("line 100"), message);
    assertFalse(message.contains("line 50\n"), message);
  }

  @Test
  void aProgramThatHangsIsEndedWithItsChildren() {
    ProgramRunner hasty = new ProgramRunner(Duration.ofMillis(500));
    long begin = System.nanoTime();
    String message = failureOf(hasty, shell("echo thinking >&2; sleep 600; echo done"));
    assertTrue(System.nanoTime() - begin < PATIENCE.toNanos());
    assertTrue(message.startsWith("Shell was still running after 0.5 s: sh -c"), message);
    assertTrue(message.endsWith("thinking"), message);
    assertTrue(
        ProcessHandle.current().descendants().noneMatch(ProcessHandle::isAlive),
        "a child is still alive");
  }

  @Test
  void aProgramThatIsNotThereIsNamed() {
    Program missing = new Program("PyTorch", List.of("/nowhere/python", "torch_step.py"));
    String message = failureOf(runner, missing);
    assertTrue(
        message.startsWith("PyTorch could not be run: ") && message.contains("/nowhere/python"),
        message);
  }

  @Test
  void whatIsNoReadingIsShown() {
    String message =
        failureOf(runner, shell("echo '{\"work\":\"a\",\"unit\":\"ms\",\"value\":1}';echo oops"));
    assertTrue(message.contains("printed no reading: oops"), message);
    assertTrue(failureOf(runner, shell("true")).startsWith("Shell measured nothing"));
  }

  @Test
  void openBlasChoosesForItself() throws ProgramFailure {
    String seen = runner.output(shell("echo core: $OPENBLAS_CORETYPE size: $OPENBLAS_L2_SIZE"));
    assertEquals("core: size:", seen.strip());
  }
}
