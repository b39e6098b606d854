package io.github.jaubert.train.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.fixture.Seeds;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CalibrationTest {
  @Test
  void answersAreBinnedByTheirProbability() {
    double[] sure = {0.05, 0.55, 0.52, 0.58, 0.9, 1, 0.95};
    boolean[] right = {false, true, false, true, true, true, false};
    Calibration calibration = Calibration.of(sure, right, 10);
    assertEquals(10, calibration.bins().size());
    Calibration.Bin middle = calibration.bins().get(5);
    assertEquals(3, middle.count());
    assertEquals(0.5, middle.from());
    assertEquals(0.6, middle.to());
    assertEquals(0.55, middle.confidence(), 1e-12);
    assertEquals(2 / 3.0, middle.accuracy(), 1e-12);
    assertEquals(3, calibration.bins().get(9).count()); // 1 belongs to the last
    assertTrue(Double.isNaN(calibration.bins().get(3).accuracy()));
    double error = 1 * 0.05 + 3 * (2 / 3.0 - 0.55) + 3 * (0.95 - 2 / 3.0);
    assertEquals(error / 7, calibration.expectedError(), 1e-12);
  }

  @Test
  void probabilitiesThatAreTrueHaveNoError() {
    int count = 1000;
    double[] sure = new double[count];
    boolean[] right = new boolean[count];
    int bins = 1 + new Random(Seeds.SEED).nextInt(20);
    for (int i = 0; i < count; i++) {
      sure[i] = 0.25;
      right[i] = i % 4 == 0;
    }
    assertEquals(0, Calibration.of(sure, right, bins).expectedError(), 1e-12);
    assertTrue(Double.isNaN(Calibration.of(new double[0], new boolean[0], 5).expectedError()));
  }

  @Test
  void whatIsNoProbabilityIsRefused() {
    for (double p : new double[] {-0.1, 1.5, Double.NaN}) {
      assertThrows(
          IllegalArgumentException.class,
          () -> Calibration.of(new double[] {p}, new boolean[1], 10));
    }
    assertThrows(
        IllegalArgumentException.class, () -> Calibration.of(new double[2], new boolean[1], 10));
  }
}
