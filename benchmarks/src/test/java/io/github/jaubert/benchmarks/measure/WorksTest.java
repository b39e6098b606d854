package io.github.jaubert.benchmarks.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

class WorksTest {
  @Command
  private static final class Program {
    @Mixin MeasureOptions options;
  }

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  private Works works(String... arguments) {
    Program program = new Program();
    new CommandLine(program).parseArgs(arguments);
    return new Works(
        program.options, "Jaubert 1", new PrintStream(bytes, true, StandardCharsets.UTF_8));
  }

  private List<String> printed() {
    return bytes.toString(StandardCharsets.UTF_8).lines().toList();
  }

  @Test
  void timesAndRatesComeFromTheSameSeconds() {
    Works works = works("--seconds", "0.02");
    works.time("sleep", "ms", 10, 20, () -> WorksTest::sleep);
    works.rate("naps", "naps/s", 2, 0, 0, () -> WorksTest::sleep);
    Measurement sleep = Measurement.parse(printed().get(0));
    Measurement naps = Measurement.parse(printed().get(1));
    assertTrue(sleep.value() >= 2, sleep::toString);
    assertTrue(naps.value() <= 1000, naps::toString);
    assertTrue(sleep.samples().size() >= 3, sleep::toString);
    assertEquals(Statistics.median(sleep.samples()), sleep.value());
    assertEquals("Jaubert 1", sleep.peer());
    assertEquals(10, sleep.flops());
    assertEquals(20, sleep.bytes());
  }

  @Test
  void shortWorksAreRepeatedWithinAReading() {
    AtomicInteger calls = new AtomicInteger();
    int samples = Works.seconds(calls::incrementAndGet, 0.02).size();
    assertTrue(samples <= 100, samples + " samples");
    assertTrue(calls.get() > 10 * samples, calls + " calls for " + samples + " samples");
  }

  @Test
  void worksThatAreNotAskedForAreNotMade() {
    Works works = works("--only", "^b", "--seconds", "0.001");
    works.time("ab", "ms", 0, 0, () -> WorksTest.fail("ab"));
    works.tell("ba", "MB", 3);
    assertEquals(1, printed().size());
    assertEquals("ba", Measurement.parse(printed().get(0)).work());
  }

  @Test
  void aListNamesWorksAndMakesNone() {
    Works works = works("--list");
    works.time("one", "ms", 0, 0, () -> WorksTest.fail("one"));
    works.tell("two", "MB", 3);
    assertEquals(List.of("one", "two"), printed());
  }

  @Test
  void whatAWorkOwnsIsFreed() {
    AtomicInteger closed = new AtomicInteger();
    works("--seconds", "0.001")
        .time(
            "owner",
            "us",
            0,
            0,
            () ->
                new Works.Work() {
                  @Override
                  public void run() {
                    assertEquals(0, closed.get());
                  }

                  @Override
                  public void close() {
                    closed.incrementAndGet();
                  }
                });
    assertEquals(1, closed.get());
  }

  private static Works.Work fail(String name) {
    throw new AssertionError(name + " was made");
  }

  private static void sleep() {
    try {
      Thread.sleep(2);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
