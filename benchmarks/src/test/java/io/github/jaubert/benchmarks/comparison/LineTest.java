package io.github.jaubert.benchmarks.comparison;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LineTest {
  @Test
  void aLineIsFoundAgain() {
    Random random = new Random();
    double intercept = random.nextDouble(1, 5);
    double slope = random.nextDouble(0.1, 5);
    Map<Double, Double> points = new HashMap<>();
    random.doubles(10, 1, 100).forEach(x -> points.put(x, intercept + slope * x));
    Line line = Line.through(points);
    assertEquals(slope, line.slope(), 1e-9);
    assertEquals(intercept, line.intercept(), 1e-7);
    assertEquals(intercept + slope * 3, line.at(3), 1e-7);
    assertEquals(1, line.rSquared(), 1e-9);
  }

  @Test
  void aCurveIsNoLine() {
    Map<Double, Double> points = new HashMap<>();
    IntStream.rangeClosed(1, 8).forEach(x -> points.put((double) x, (double) x * x));
    Line line = Line.through(points);
    assertTrue(line.rSquared() < 0.95, "R² of a parabola: " + line.rSquared());
    assertTrue(Math.abs(line.at(8) / 64 - 1) > 0.3, "a parabola's last value: " + line.at(8));
  }

  @Test
  void oneValueOutOfLineDoesNotMoveTheSmallOnes() {
    // 20 + 10 x but the last, which is 10 % more
    Line line = Line.through(Map.of(1.0, 30.0, 2.0, 40.0, 4.0, 60.0, 8.0, 100.0, 16.0, 198.0));
    assertTrue(Math.abs(line.at(1) / 30 - 1) < 0.04, "30 by the line: " + line.at(1));
    assertTrue(Math.abs(line.at(16) / 198 - 1) > 0.03, "198 by the line: " + line.at(16));
  }

  @Test
  void onePointHasNoLine() {
    assertThrows(IllegalArgumentException.class, () -> Line.through(Map.of(2.0, 1.0)));
    Map<Double, Double> zero = Map.of(2.0, 1.0, 3.0, 0.0);
    assertThrows(IllegalArgumentException.class, () -> Line.through(zero));
  }
}
