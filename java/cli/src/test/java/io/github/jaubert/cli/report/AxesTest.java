package io.github.jaubert.cli.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.fixture.Seeds;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AxesTest {
  @Test
  void numbersAreShort() {
    double[] values = {0, 0.25, -1.5, 123.456, 9999, 12_345, 2_500_000, 3e9, 2e-5, 7.246e-7, 1e18};
    String[] texts = {
      "0", "0.25", "-1.5", "123.5", "9999", "12.35k", "2.5M", "3G", "2e-5", "7.246e-7", "1e18"
    };
    for (int i = 0; i < values.length; i++) {
      assertEquals(texts[i], Axes.number(values[i]));
    }
    assertEquals("NaN", Axes.number(Double.NaN));
  }

  @Test
  void ticksAreRoundAndHoldTheRange() {
    assertArrayEquals(new double[] {0, 0.5, 1, 1.5, 2}, Axes.ticks(0.3, 1.8), 1e-12);
    assertArrayEquals(new double[] {0, 50, 100, 150, 200}, Axes.ticks(0, 154), 1e-12);
    Random random = new Random(Seeds.SEED);
    for (int i = 0; i < 1000; i++) {
      double from = random.nextGaussian() * Math.pow(10, random.nextInt(20) - 10);
      double scale = Math.pow(10, -random.nextInt(14));
      double to =
          random.nextInt(4) == 0 ? from : from + Math.abs(from) * random.nextDouble() * scale;
      double[] ticks = Axes.ticks(from, to);
      double slack = 1e-6 * Math.max(Math.abs(from), Math.abs(to));
      assertTrue(ticks.length >= 2 && ticks.length <= 8, from + " " + to);
      for (int j = 1; j < ticks.length; j++) {
        assertTrue(ticks[j] > ticks[j - 1], from + " " + to);
      }
      assertTrue(ticks[0] <= Math.min(from, to) + slack, from + " " + to);
      assertTrue(ticks[ticks.length - 1] >= Math.max(from, to) - slack, from + " " + to);
    }
  }
}
