package io.github.jaubert.benchmarks.measure;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MeasurementTest {
  @Test
  void oneLineOfJson() {
    Work work = new Work("a \"quoted\" name", "ms", 2e9, 0, seconds -> new double[0]);
    Measurement measurement = Measurement.of(work, new double[] {3, 0.12345678, 1}, "Peer 1.0");
    assertEquals(
        "{\"work\":\"a \\\"quoted\\\" name\",\"unit\":\"ms\",\"value\":1,\"samples\":[3,0.123457,1],"
            + "\"flops\":2000000000,\"peer\":\"Peer 1.0\"}",
        measurement.json());
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
    assertTrue(calls[0] > 100, calls[0] + " calls");
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
