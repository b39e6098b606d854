package io.github.jaubert.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which evaluation is the best of several. */
class BestWeightsTest {
  @ParameterizedTest
  @CsvSource({
    "true, 1 3 2, 2",
    "false, 3 1 2, 2",
    "true, 1 1, 1",
    "true, NaN -0.5 NaN, 2",
    "false, NaN 7 NaN, 2",
    "true, NaN -Infinity, 2",
    "false, NaN NaN 7 6, 4",
    "true, 1 NaN 2, 3",
    "false, 2 NaN 3, 1",
    "true, NaN NaN, 1",
    "false, NaN NaN, 1"
  })
  void theBestIsNeverWhatIsNotANumber(boolean greaterIsBetter, String values, int expected) {
    try (Scope scope = Scope.open()) {
      Tensor weight = Tensor.of(new float[] {0});
      BestWeights best = new BestWeights(Map.of("weight", weight), greaterIsBetter, null);
      int step = 0;
      for (String value : values.split(" ")) {
        weight.copyFrom(new float[] {++step});
        best.offer(step, Double.parseDouble(value));
      }
      assertEquals(expected, best.step());
      best.restore();
      assertArrayEquals(new float[] {expected}, weight.toFloats());
    }
  }

  @Test
  void aNumberReplacesWhatWasNoneBeforeTheRunWasInterrupted() {
    try (Scope scope = Scope.open()) {
      Tensor weight = Tensor.of(new float[] {0});
      BestWeights best = new BestWeights(Map.of("weight", weight), true, null);
      best.resume(4, Double.NaN);
      best.offer(6, Double.NaN);
      assertEquals(4, best.step());
      best.offer(8, -1);
      assertEquals(8, best.step());
      best.offer(10, Double.NaN);
      assertEquals(8, best.step());
    }
  }
}
