package io.github.jaubert.benchmarks.measure;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MeasurementTest {
  @Test
  void oneLineOfJsonThatIsReadAgain() {
    Work work = new Work("a \"quoted\" name", "ms", 2e9, 0, seconds -> new double[0]);
    String line = Measurement.of(work, new double[] {3, 0.12345678, 1}, "Peer 1.0").json();
    assertEquals(
        "{\"work\":\"a \\\"quoted\\\" name\",\"unit\":\"ms\",\"value\":1.0,\"samples\":[3.0,0.123457,1.0],"
            + "\"flops\":2.0E9,\"peer\":\"Peer 1.0\"}",
        line);
    assertEquals(line, Measurement.parse(line).json());
  }

  @Test
  void aLineOfAPeerIsRead() {
    Measurement read =
        Measurement.parse(
            "{\"work\": \"attention forward d64 S128\", \"unit\": \"ms\", \"value\": 1.23, \"samples\":"
                + " [1.25, 1.2], \"flops\": 1.2e9, \"peer\": \"PyTorch 2.13.0\", \"threads\": 2}");
    assertEquals("attention forward d64 S128", read.work());
    assertEquals("ms", read.unit());
    assertEquals(1.23, read.value());
    assertArrayEquals(new double[] {1.25, 1.2}, read.samples());
    assertEquals(1.2e9, read.flops());
    assertEquals(0, read.bytes());
    assertEquals("PyTorch 2.13.0", read.peer());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "{\"work\": \"a\", \"unit\": \"ms\"}",
        "{\"unit\": \"ms\", \"value\": 1}",
        "{\"work\": \"a\", \"value\": 1}",
        "{\"work\": \" \", \"unit\": \"ms\", \"value\": 1}",
        "{\"work\": null, \"unit\": \"ms\", \"value\": 1}",
        "{\"work\": \"a\", \"unit\": \"ms\", \"value\": \"NaN\"}",
        "{\"work\": \"a\", \"unit\": \"ms\", \"value\": null}",
        "{\"work\": \"a\", \"unit\": \"ms\", \"value\": 1} and more",
        "warming up"
      })
  void whatIsNoMeasurementIsRefusedWithTheLine(String line) {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> Measurement.parse(line));
    assertTrue(e.getMessage().startsWith("no measurement: " + line), e.getMessage());
  }

  @Test
  void medianOfAnEvenCountIsBetweenTheMiddleTwo() {
    assertEquals(2.5, Measurement.median(4, 1, 3, 2));
    assertEquals(3, Measurement.median(9, 3, 1));
    assertThrows(IllegalArgumentException.class, Measurement::median);
  }

  @Test
  void repeatedCallsAreDividedByTheirNumber() {
    long[] calls = {0};
    double[] samples =
        Timing.repeat(
            () -> {
              calls[0]++;
              pause(20);
            },
            0.05);
    assertTrue(calls[0] > samples.length, calls[0] + " calls");
    for (double sample : samples) {
      assertTrue(sample >= 20e-6, "a call of 20 us or more took " + sample + " s");
    }
  }

  @Test
  void roundsPrepareBeforeEachAndRunEveryCallOnce() {
    List<Integer> order = new ArrayList<>();
    double[] samples =
        Timing.rounds(() -> order.add(-1), 3, order::add, 0.001, MeasurementTest::clock);
    assertTrue(samples.length >= 3);
    for (int i = 0; i < order.size(); i++) {
      assertEquals(i % 4 - 1, order.get(i));
    }
  }

  @Test
  void garbageOfACallIsCounted() {
    Object[] kept = new Object[1];
    double[] bytes = SmallCalls.garbage(() -> kept[0] = new byte[1000], 0.01);
    assertEquals(1016, bytes[bytes.length - 1], 8);
    assertArrayEquals(new double[] {2, 1}, Timing.rate(new double[] {0.5, 1}, 1));
  }

  private static double clock(Runnable work) {
    long begin = System.nanoTime();
    work.run();
    return (System.nanoTime() - begin) * 1e-9;
  }

  private static void pause(long microseconds) {
    long end = System.nanoTime() + microseconds * 1000;
    while (System.nanoTime() < end) {
      Thread.onSpinWait();
    }
  }
}
