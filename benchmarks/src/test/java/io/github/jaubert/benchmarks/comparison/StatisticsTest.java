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
    double intercept = random.nextDouble(1, 5);
    double slope = random.nextDouble(0.1, 5);
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
    double[] x = {1, 2, 3, 4, 5, 6, 7, 8};
    double[] y = {1, 4, 9, 16, 25, 36, 49, 64};
    Statistics.Line line = Statistics.fit(x, y);
    assertTrue(line.rSquared() < 0.95, "R² of a parabola: " + line.rSquared());
    assertTrue(Math.abs(line.at(8) / 64 - 1) > 0.3, "a parabola's last value: " + line.at(8));
  }

  @Test
  void oneValueOutOfLineDoesNotMoveTheSmallOnes() {
    double[] x = {1, 2, 4, 8, 16};
    double[] y = {30, 40, 60, 100, 198}; // 20 + 10 x but the last, which is 10 % more
    Statistics.Line line = Statistics.fit(x, y);
    assertTrue(Math.abs(line.at(1) / 30 - 1) < 0.04, "30 by the line: " + line.at(1));
    assertTrue(Math.abs(line.at(16) / 198 - 1) > 0.03, "198 by the line: " + line.at(16));
  }

  @Test
  void pointsAboveEachOtherHaveNoLine() {
    double[] same = {2, 2};
    assertThrows(IllegalArgumentException.class, () -> Statistics.fit(same, new double[] {1, 3}));
  }
}
