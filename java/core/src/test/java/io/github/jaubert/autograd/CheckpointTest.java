package io.github.jaubert.autograd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.nn.Dropout;
import io.github.jaubert.nn.Gelu;
import io.github.jaubert.nn.Layer;
import io.github.jaubert.nn.LayerNorm;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.nn.Sequential;
import io.github.jaubert.tensor.Memory;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Activation checkpointing changes no bit of the result. */
class CheckpointTest {
  private static final int WIDTH = 33;

  private Sequential model;

  @BeforeEach
  void build() {
    Rng.seed(17);
    model =
        Sequential.of(
            IntStream.range(0, 6)
                .mapToObj(
                    i ->
                        Sequential.of(
                            Linear.of(WIDTH, WIDTH),
                            Gelu.of(),
                            Dropout.of(0.3f),
                            LayerNorm.of(WIDTH)))
                .toArray(Layer[]::new));
  }

  @AfterEach
  void close() {
    model.close();
  }

  private static Tensor plain(Layer layer, Tensor x) {
    return layer.forward(x);
  }

  private static Tensor checkpointed(Layer layer, Tensor x) {
    return Checkpoint.run(layer::forward, x);
  }

  /**
   * Loss, gradient of the input and of all parameters, and the state of the random numbers
   * afterwards.
   */
  private List<float[]> step(BiFunction<Layer, Tensor, Tensor> run, boolean inputRequiresGrad) {
    List<float[]> results = new ArrayList<>();
    try (Scope scope = Scope.open()) {
      Tensor input = Tensor.randn(Rng.of(4), 19, WIDTH).requiresGrad(inputRequiresGrad);
      Rng.seed(23);
      Tensor x = input;
      for (var layer : model.children().values()) {
        x = x.add(run.apply((Layer) layer, x)); // a residual path beside each segment
      }
      Tensor loss = x.square().mean();
      loss.backward();
      results.add(new float[] {loss.item(), Rng.global().seed(), Rng.global().offset()});
      if (inputRequiresGrad) {
        results.add(input.grad().toFloats());
      }
      for (Parameter parameter : model.parameters()) {
        results.add(parameter.grad().toFloats());
        parameter.tensor().zeroGrad();
      }
    }
    return results;
  }

  private static void assertSame(List<float[]> expected, List<float[]> found) {
    assertEquals(expected.size(), found.size());
    for (int i = 0; i < expected.size(); i++) {
      assertArrayEquals(expected.get(i), found.get(i), "result " + i);
    }
  }

  @Test
  void sameBitsWithDropout() {
    assertSame(step(CheckpointTest::plain, true), step(CheckpointTest::checkpointed, true));
  }

  @Test
  void sameBitsIfOnlyParametersRequireGradients() {
    assertSame(step(CheckpointTest::plain, false), step(CheckpointTest::checkpointed, false));
  }

  @Test
  void segmentsNest() {
    BiFunction<Layer, Tensor, Tensor> nested =
        (layer, x) -> Checkpoint.run(y -> checkpointed(layer, y), x);
    assertSame(step(CheckpointTest::plain, true), step(nested, true));
  }

  @Test
  void memoryOfAllSegmentsButOneIsSaved() {
    long before = Memory.live();
    long plain = growth(CheckpointTest::plain);
    long checkpointed = growth(CheckpointTest::checkpointed);
    assertTrue(checkpointed < plain / 2, checkpointed + " against " + plain + " bytes");
    assertEquals(before, Memory.live());
  }

  private long growth(BiFunction<Layer, Tensor, Tensor> run) {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.randn(Rng.of(4), 1024, WIDTH).requiresGrad(true);
      long before = Memory.live();
      Tensor y = x;
      for (var layer : model.children().values()) {
        y = run.apply((Layer) layer, y);
      }
      return Memory.live() - before;
    }
  }

  @Test
  void nothingIsRecordedForAFrozenSegment() {
    model.freeze(".");
    try (Scope scope = Scope.open()) {
      assertFalse(checkpointed(model, Tensor.ones(2, WIDTH)).requiresGrad());
    }
    model.unfreeze("^5\\.");
    try (Scope scope = Scope.open()) {
      Tensor y = checkpointed(model, Tensor.ones(2, WIDTH));
      assertTrue(y.requiresGrad());
      y.sum().backward();
      assertNull(model.parameter("4.0.weight").grad());
      assertNotNull(model.parameter("5.0.weight").grad());
    }
  }

  @Test
  void underNoGradItIsAPlainCall() {
    try (Scope scope = Scope.open();
        NoGrad off = NoGrad.open()) {
      assertFalse(checkpointed(model, Tensor.ones(2, WIDTH)).requiresGrad());
    }
  }

  @Test
  void twoInputs() {
    try (Scope scope = Scope.open()) {
      Rng rng = Rng.of(8);
      Gradcheck.verify(
          (a, b) -> Checkpoint.run((x, y) -> x.mul(y).tanh().add(x), a, b),
          Tensor.randn(rng, 3, 5),
          Tensor.randn(rng, 3, 5));
    }
  }

  @Test
  void anExceptionInTheSecondRunLeavesTheThreadUsable() {
    boolean[] fail = {false};
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.ones(3).requiresGrad(true);
      Rng.seed(1);
      Tensor y =
          Checkpoint.run(
              t -> {
                if (fail[0]) {
                  throw new IllegalStateException("second run");
                }
                return t.exp();
              },
              x);
      fail[0] = true;
      Tensor loss = y.sum();
      org.junit.jupiter.api.Assertions.assertThrows(IllegalStateException.class, loss::backward);
      assertEquals(0, Rng.global().offset());
      assertFalse(NoGrad.active());
      x.mul(2).sum().backward();
      assertArrayEquals(new float[] {2, 2, 2}, x.grad().toFloats());
    }
  }
}
