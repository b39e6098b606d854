package io.github.jaubert.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.reference.AdamReference;
import io.github.jaubert.tensor.Memory;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** AdamW and LAMB against double precision; skipping, groups, state. */
class AdamTest {
  private static final int[][] SHAPES = {{33, 65}, {65}, {1}, {7, 3}, {0}, {5001}};

  private final RandomGenerator random = Seeds.random("adam");
  private final List<Parameter> parameters = new ArrayList<>();
  private long liveBefore;

  @BeforeEach
  void makeParameters() {
    liveBefore = Memory.live();
    String[] names = {"a.weight", "a.bias", "scale", "table.weight", "nothing", "long.bias"};
    for (int i = 0; i < SHAPES.length; i++) {
      long[] shape = Arrays.stream(SHAPES[i]).asLongStream().toArray();
      float[] values = new float[Arrays.stream(SHAPES[i]).reduce(1, (a, b) -> a * b)];
      fill(values, 0.5);
      parameters.add(
          new Parameter(names[i], Tensor.of(values, shape).unscoped().requiresGrad(true)));
    }
  }

  @AfterEach
  void freeParameters() {
    parameters.forEach(p -> p.tensor().close());
    assertEquals(liveBefore, Memory.live(), "bytes in use");
  }

  private void fill(float[] values, double deviation) {
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() * deviation);
    }
  }

  /** Gives a parameter a fresh gradient, through the tape. */
  private double[] setGradient(Parameter parameter, double deviation) {
    float[] gradient = new float[(int) parameter.shape().numel()];
    fill(gradient, deviation);
    setGradient(parameter, gradient);
    return doubles(gradient);
  }

  private static void setGradient(Parameter parameter, float[] gradient) {
    try (Scope scope = Scope.open()) {
      parameter.tensor().backward(Tensor.of(gradient, parameter.shape().toArray()));
    }
  }

  private static double[] doubles(float[] values) {
    double[] wide = new double[values.length];
    Arrays.setAll(wide, i -> values[i]);
    return wide;
  }

  private List<double[]> values() {
    return new ArrayList<>(parameters.stream().map(p -> doubles(p.tensor().toFloats())).toList());
  }

  private static void assertClose(List<double[]> expected, List<double[]> found, double tolerance) {
    for (int t = 0; t < expected.size(); t++) {
      for (int i = 0; i < expected.get(t).length; i++) {
        double want = expected.get(t)[i];
        double got = found.get(t)[i];
        assertEquals(want, got, tolerance * (1 + Math.abs(want)), "tensor " + t + " at " + i);
      }
    }
  }

  @ParameterizedTest(name = "lamb {0}, maxNorm {1}, decay {2}, bias correction {3}")
  @CsvSource({
    "false, 0, 0, true",
    "false, 1, 0.01, true",
    "false, 1e6, 0.1, true",
    "false, 0.5, 0.01, false",
    "true, 0, 0, true",
    "true, 1, 0.01, true",
    "true, 0.5, 0.1, false",
  })
  void equalsTheReference(boolean lamb, float maxNorm, float decay, boolean biasCorrection) {
    AdamWOptions options =
        AdamWOptions.defaults()
            .withBetas(0.8f, 0.95f)
            .withEps(1e-6f)
            .withWeightDecay(decay)
            .withMaxNorm(maxNorm)
            .withBiasCorrection(biasCorrection);
    float rate = 0.01f;
    List<double[]> expected = values();
    AdamReference reference =
        new AdamReference(
            lamb,
            options.beta1(),
            options.beta2(),
            options.eps(),
            maxNorm,
            biasCorrection,
            expected);
    // Biases, scales and other tensors of one axis are not decayed.
    double[] decays = {decay, 0, 0, decay, 0, 0};
    try (Optimizer optimizer =
        lamb ? Lamb.of(parameters, rate, options) : AdamW.of(parameters, rate, options)) {
      for (int step = 0; step < 6; step++) {
        List<double[]> gradients = new ArrayList<>();
        for (int t = 0; t < parameters.size(); t++) {
          // The second tensor has no gradient at first, the fourth not always: each counts its own
          // steps.
          boolean skipped = t == 1 && step < 2 || t == 3 && step == 4;
          gradients.add(skipped ? null : setGradient(parameters.get(t), 0.3));
        }
        double[] rates = new double[parameters.size()];
        Arrays.fill(rates, rate * (step + 1));
        optimizer.step(rate * (step + 1));
        reference.step(expected, gradients, rates, decays);
        assertClose(expected, values(), 3e-6);
        double norm = AdamReference.norm(gradients);
        assertEquals(norm, optimizer.gradNorm().item(), 1e-6 * norm);
        parameters.forEach(p -> assertNull(p.grad(), "gradients are cleared"));
      }
      assertEquals(6, optimizer.steps());
    }
  }

  @Test
  void groupsHaveTheirOwnRateAndDecay() {
    List<ParameterGroup> groups =
        List.of(
            new ParameterGroup("lower", parameters.subList(0, 2), 0.5f, 0.2f),
            new ParameterGroup("upper", parameters.subList(2, 6), 2, 0));
    List<double[]> expected = values();
    AdamWOptions options = AdamWOptions.defaults().withMaxNorm(0);
    AdamReference reference = new AdamReference(false, 0.9f, 0.999f, 1e-8f, 0, true, expected);
    try (AdamW adam = AdamW.ofGroups(groups, 0.01f, options)) {
      assertEquals(groups, adam.groups());
      List<double[]> gradients = new ArrayList<>();
      parameters.forEach(p -> gradients.add(setGradient(p, 1)));
      adam.step();
      double low = 0.01f * 0.5;
      double high = 0.01f * 2.0;
      reference.step(
          expected,
          gradients,
          new double[] {low, low, high, high, high, high},
          new double[] {0.2f, 0.2f, 0, 0, 0, 0});
      assertClose(expected, values(), 2e-6);
    }
  }

  @Test
  void defaultGroupsDecayWeightsOnly() {
    List<ParameterGroup> groups = ParameterGroup.byDecay(parameters, 0.01f);
    assertEquals(List.of("decay", "no_decay"), groups.stream().map(ParameterGroup::name).toList());
    assertEquals(
        List.of("a.weight", "table.weight"),
        groups.get(0).parameters().stream().map(Parameter::name).toList());
    assertEquals(0.01f, groups.get(0).weightDecay());
    assertEquals(0, groups.get(1).weightDecay());
  }

  @Test
  void aGradientThatIsNotFiniteChangesNothing() {
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
      for (boolean lamb : new boolean[] {false, true}) {
        for (float maxNorm : new float[] {0, 1}) {
          AdamWOptions options = AdamWOptions.defaults().withMaxNorm(maxNorm);
          try (Optimizer optimizer =
              lamb ? Lamb.of(parameters, 0.01f, options) : AdamW.of(parameters, 0.01f, options)) {
            parameters.forEach(p -> setGradient(p, 1));
            optimizer.step();
            List<double[]> before = values();
            float[] mean = optimizer.state().get("a.weight.exp_avg").toFloats();
            parameters.subList(1, 6).forEach(p -> setGradient(p, 1));
            float[] gradient = new float[33 * 65];
            gradient[1234] = bad;
            setGradient(parameters.get(0), gradient);
            optimizer.step();
            assertFalse(Float.isFinite(optimizer.gradNorm().item()));
            assertClose(before, values(), 0);
            assertArrayEquals(mean, optimizer.state().get("a.weight.exp_avg").toFloats());
            parameters.forEach(p -> assertNull(p.grad()));
            parameters.forEach(p -> setGradient(p, 1));
            optimizer.step();
            assertNotEquals(before.get(0)[0], values().get(0)[0]);
          }
        }
      }
    }
  }

  @Test
  void frozenParametersStay() {
    parameters.get(0).tensor().requiresGrad(false);
    List<double[]> before = values();
    try (AdamW adam = AdamW.of(parameters, 0.1f)) {
      try (Scope scope = Scope.open()) {
        Tensor loss = Tensor.scalar(0);
        for (Parameter p : parameters) {
          loss = loss.add(p.tensor().square().sum());
        }
        loss.backward();
      }
      adam.step();
      assertFalse(adam.state().containsKey("a.weight.exp_avg"));
      assertTrue(adam.state().containsKey("a.bias.exp_avg"));
    }
    List<double[]> after = values();
    assertArrayEquals(before.get(0), after.get(0));
    assertNotEquals(before.get(1)[0], after.get(1)[0]);
  }

  @Test
  void gradientsGiveTheirMemoryBackAtTheStep() {
    try (AdamW adam = AdamW.of(parameters, 0.1f)) {
      parameters.forEach(p -> setGradient(p, 1));
      adam.step();
      long withoutGradients = Memory.live();
      parameters.forEach(p -> setGradient(p, 1));
      assertTrue(Memory.live() > withoutGradients);
      adam.step();
      assertEquals(withoutGradients, Memory.live());
    }
  }

  @Test
  void zeroGradClearsWithoutAStep() {
    List<double[]> before = values();
    try (AdamW adam = AdamW.of(parameters, 0.1f)) {
      parameters.forEach(p -> setGradient(p, 1));
      adam.zeroGrad();
      parameters.forEach(p -> assertNull(p.grad()));
      assertThrows(IllegalStateException.class, adam::step);
      assertEquals(0, adam.steps());
    }
    assertClose(before, values(), 0);
  }

  @Test
  void restoredStateGoesOnBitForBit() {
    try (AdamW adam = AdamW.of(parameters, 0.01f)) {
      parameters.subList(0, 3).forEach(p -> setGradient(p, 1));
      adam.step();
      parameters.forEach(p -> setGradient(p, 1));
      adam.step();

      // What a checkpoint holds: weights and state.
      List<float[]> weights = parameters.stream().map(p -> p.tensor().toFloats()).toList();
      Map<String, Tensor> saved = new LinkedHashMap<>();
      adam.state().forEach((name, tensor) -> saved.put(name, copy(tensor)));
      assertEquals(2, saved.get("steps").toLongs()[0]);
      assertEquals(2, saved.get("scale.step").toLongs()[0]);
      assertEquals(1, saved.get("table.weight.step").toLongs()[0]);

      List<float[]> gradients = new ArrayList<>();
      for (Parameter p : parameters) {
        float[] gradient = new float[(int) p.shape().numel()];
        fill(gradient, 1);
        gradients.add(gradient);
      }
      stepWith(adam, gradients);
      List<double[]> expected = values();

      try (AdamW other = AdamW.of(parameters, 0.01f)) {
        for (int i = 0; i < weights.size(); i++) {
          parameters.get(i).tensor().copyFrom(weights.get(i));
        }
        other.restore(saved);
        assertEquals(2, other.steps());
        stepWith(other, gradients);
        assertClose(expected, values(), 0);
        assertEquals(adam.state().keySet(), other.state().keySet());
      }
      saved.values().forEach(Tensor::close);
    }
  }

  private void stepWith(Optimizer optimizer, List<float[]> gradients) {
    for (int i = 0; i < gradients.size(); i++) {
      setGradient(parameters.get(i), gradients.get(i));
    }
    optimizer.step();
  }

  private static Tensor copy(Tensor tensor) {
    try (Scope scope = Scope.open()) {
      return Tensor.zeros(tensor.dtype(), tensor.shape()).copyFrom(tensor).unscoped();
    }
  }

  @Test
  void restoringTheStateOfAFreshOptimizerForgetsTheOldOne() {
    try (AdamW used = AdamW.of(parameters, 0.01f);
        AdamW fresh = AdamW.of(parameters, 0.01f)) {
      parameters.forEach(p -> setGradient(p, 1));
      used.step();
      used.restore(fresh.state());
      assertEquals(List.of("steps"), List.copyOf(used.state().keySet()));
      assertEquals(0, used.steps());
    }
  }

  @Test
  void stateThatDoesNotFitIsRefusedWhole() {
    try (Scope scope = Scope.open();
        AdamW adam = AdamW.of(parameters, 0.01f)) {
      parameters.forEach(p -> setGradient(p, 1));
      adam.step();
      float[] mean = adam.state().get("scale.exp_avg").toFloats();
      Map<String, Tensor> good = adam.state();
      assertRefused(adam, good, "scale.exp_avg", null, "scale.exp_avg");
      assertRefused(adam, good, "steps", null, "steps");
      assertRefused(adam, good, "a.weight.exp_avg", Tensor.zeros(65, 33), "[65, 33]", "[33, 65]");
      assertRefused(adam, good, "scale.step", Tensor.zeros(), "F32", "I64");
      assertRefused(adam, good, "other.exp_avg", Tensor.zeros(3), "other.exp_avg");
      assertArrayEquals(mean, adam.state().get("scale.exp_avg").toFloats());
      assertEquals(1, adam.steps());
    }
  }

  private static void assertRefused(
      AdamW adam, Map<String, Tensor> good, String key, Tensor value, String... words) {
    Map<String, Tensor> bad = new HashMap<>(good);
    if (value == null) {
      bad.remove(key);
    } else {
      bad.put(key, value);
    }
    String message =
        assertThrows(IllegalArgumentException.class, () -> adam.restore(bad)).getMessage();
    for (String word : words) {
      assertTrue(message.contains(word), message);
    }
  }

  @Test
  void badSettingsAreRefused() {
    AdamWOptions defaults = AdamWOptions.defaults();
    for (Runnable bad :
        new Runnable[] {
          () -> defaults.withBetas(1, 0.9f),
          () -> defaults.withBetas(0.9f, -0.1f),
          () -> defaults.withEps(-1),
          () -> defaults.withEps(Float.NaN),
          () -> defaults.withWeightDecay(-1),
          () -> defaults.withMaxNorm(Float.POSITIVE_INFINITY),
          () -> new ParameterGroup("g", parameters, -1, 0),
          () -> new ParameterGroup("g", parameters, 1, Float.NaN),
        }) {
      assertThrows(IllegalArgumentException.class, bad::run);
    }
    assertThrows(IllegalArgumentException.class, () -> AdamW.of(parameters, -1));
    try (AdamW adam = AdamW.of(parameters, 0)) {
      setGradient(parameters.get(0), 1);
      assertThrows(IllegalArgumentException.class, () -> adam.step(Float.NaN));
      adam.zeroGrad();
    }
    ParameterGroup all = new ParameterGroup("all", parameters, 1, 0);
    ParameterGroup again = new ParameterGroup("again", parameters.subList(2, 3), 1, 0);
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> AdamW.ofGroups(List.of(all, again), 0.1f, defaults))
            .getMessage();
    assertTrue(message.contains("scale") && message.contains("again"), message);
  }
}
