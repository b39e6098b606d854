package io.github.jaubert.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.Memory;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Averages of weights against double precision; swapping, going on, refusals. */
class ExponentialMovingAverageTest {
  private static final float DECAY = 0.75f;

  private final RandomGenerator random = Seeds.random("average");
  private final long liveBefore = Memory.live();
  private final List<Parameter> parameters =
      List.of(parameter("a.weight", 33, 65), parameter("a.bias", 65), parameter("scale", 1));

  private Parameter parameter(String name, long... shape) {
    return new Parameter(name, Tensor.zeros(shape).unscoped().requiresGrad(true));
  }

  @AfterEach
  void freeParameters() {
    parameters.forEach(p -> p.tensor().close());
    assertEquals(liveBefore, Memory.live(), "bytes in use");
  }

  /** Gives the parameters new values, as a step of an optimizer would. */
  private void draw() {
    for (Parameter parameter : parameters) {
      float[] values = new float[(int) parameter.shape().numel()];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) random.nextGaussian();
      }
      parameter.tensor().copyFrom(values);
    }
  }

  private Map<String, float[]> weights() {
    Map<String, float[]> weights = new LinkedHashMap<>();
    parameters.forEach(p -> weights.put(p.name(), p.tensor().toFloats()));
    return weights;
  }

  private static void assertSame(Map<String, float[]> expected, Map<String, float[]> actual) {
    assertEquals(expected.keySet(), actual.keySet());
    expected.forEach((name, values) -> assertArrayEquals(values, actual.get(name), name));
  }

  @Test
  void isAMeanAtFirstAndThenDecays() {
    draw();
    try (ExponentialMovingAverage average = ExponentialMovingAverage.of(parameters, DECAY)) {
      Map<String, double[]> expected = new LinkedHashMap<>();
      for (int update = 1; update <= 9; update++) {
        draw();
        average.update();
        double share = Math.max(1 - DECAY, 1.0 / update);
        double tolerance = update * 2 * 6 * 0x1p-24; // two roundings an update, of less than 6
        weights()
            .forEach(
                (name, values) -> {
                  double[] mean = expected.computeIfAbsent(name, n -> new double[values.length]);
                  for (int i = 0; i < mean.length; i++) {
                    mean[i] += share * (values[i] - mean[i]);
                  }
                });
        average
            .averages()
            .forEach(
                (name, tensor) -> {
                  float[] actual = tensor.toFloats();
                  for (int i = 0; i < actual.length; i++) {
                    assertEquals(expected.get(name)[i], actual[i], tolerance, name);
                  }
                });
      }
      assertEquals(9, average.updates());
    }
  }

  @Test
  void swappingTwiceChangesNothing() {
    draw();
    try (ExponentialMovingAverage average = ExponentialMovingAverage.of(parameters, DECAY)) {
      average.update();
      Map<String, float[]> first = weights();
      draw();
      Map<String, float[]> second = weights();
      average.swap();
      assertSame(first, weights());
      average.swap();
      assertSame(second, weights());
    }
  }

  @Test
  void goesOnFromAverages() {
    draw();
    try (ExponentialMovingAverage one = ExponentialMovingAverage.of(parameters, DECAY);
        ExponentialMovingAverage other = ExponentialMovingAverage.of(parameters, DECAY)) {
      one.update();
      draw();
      one.update();
      other.restore(one.averages(), one.updates());
      draw();
      one.update();
      other.update();
      other.swap();
      Map<String, float[]> averages = weights();
      other.swap();
      one.swap();
      assertSame(weights(), averages);
    }
  }

  @Test
  void refusesWhatDoesNotFit() {
    String message =
        assertThrows(
                IllegalArgumentException.class, () -> ExponentialMovingAverage.of(parameters, 1))
            .getMessage();
    assertEquals("ExponentialMovingAverage: decay 1.0 is not from 0 to less than 1", message);
    try (ExponentialMovingAverage average = ExponentialMovingAverage.of(parameters, DECAY);
        Scope scope = Scope.open()) {
      Map<String, Tensor> averages = new LinkedHashMap<>(average.averages());
      averages.put("a.bias", Tensor.zeros(64));
      assertEquals(
          "ExponentialMovingAverage: the average of a.bias has shape [64], expected [65]",
          assertThrows(IllegalArgumentException.class, () -> average.restore(averages, 1))
              .getMessage());
      averages.remove("a.bias");
      assertTrue(
          assertThrows(IllegalArgumentException.class, () -> average.restore(averages, 1))
              .getMessage()
              .startsWith("ExponentialMovingAverage: averages of [a.weight, scale], expected ["));
    }
  }

  @Test
  void aParameterGivenTwiceIsRefused() {
    List<Parameter> twice = List.of(parameters.get(0), parameters.get(0));
    assertEquals(
        "ExponentialMovingAverage: parameter a.weight is given twice",
        assertThrows(
                IllegalArgumentException.class, () -> ExponentialMovingAverage.of(twice, DECAY))
            .getMessage());
  }
}
