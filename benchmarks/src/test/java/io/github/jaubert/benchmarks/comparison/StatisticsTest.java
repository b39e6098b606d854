package io.github.jaubert.benchmarks.comparison;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StatisticsTest {
  @Test
  void medianOfOddAndEven() {
    assertEquals(3, Statistics.median(9, 3, 1));
    assertEquals(2, Statistics.median(List.of(9.0, 3.0, 1.0, 1.0)));
    assertEquals(7, Statistics.median(7));
    assertThrows(IllegalArgumentException.class, Statistics::median);
  }

  @Test
  void aLineIsFoundAgain() {
    Random random = new Random();
    double intercept = random.nextDouble(-5, 5);
    double slope = random.nextDouble(-5, 5);
    double[] x = random.doubles(10, 1, 100).toArray();
    double[] y = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      y[i] = intercept + slope * x[i];
    }
    Statistics.Line line = Statistics.fit(x, y);
    assertEquals(slope, line.slope(), 1e-9);
    assertEquals(intercept, line.intercept(), 1e-7);
    assertEquals(intercept + slope * 3, line.at(3), 1e-7);
    assertEquals(1, line.rSquared(), 1e-9);
  }

  @Test
  void aCurveIsNoLine() {
    double[] x = {0, 1, 2, 3, 4, 5, 6, 7, 8};
    double[] y = {0, 1, 4, 9, 16, 25, 36, 49, 64};
    double rSquared = Statistics.fit(x, y).rSquared();
    assertTrue(rSquared > 0.9 && rSquared < 0.95, "R² of a parabola: " + rSquared);
  }

  @Test
  void pointsAboveEachOtherHaveNoLine() {
    double[] same = {2, 2};
    assertThrows(IllegalArgumentException.class, () -> Statistics.fit(same, new double[] {1, 3}));
  }
}
