package io.github.jaubert.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.Map;
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
    "true, NaN NaN, 0",
    "false, NaN NaN NaN, 0"
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
      // Without a best, the weights stay those of the last step.
      assertArrayEquals(new float[] {expected == 0 ? step : expected}, weight.toFloats());
    }
  }
}
