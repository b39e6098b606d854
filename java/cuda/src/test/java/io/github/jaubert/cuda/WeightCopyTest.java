package io.github.jaubert.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.autograd.CapturedStep;
import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.nn.Activation;
import io.github.jaubert.nn.F;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.optim.AdamW;
import io.github.jaubert.optim.ExponentialMovingAverage;
import io.github.jaubert.optim.Lamb;
import io.github.jaubert.optim.Optimizer;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Memory;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** What a layer computes in 16 bits goes by the weight as it is, whoever has written to that. */
class WeightCopyTest extends CapturedStepFixture {
  private static final int IN = 13;
  private static final int OUT = 9;

  private static Linear linear(int in, int out, boolean bias) {
    Linear layer = Linear.of(in, out, bias);
    layer.to(gpu);
    return layer;
  }

  private static Tensor input(long seed) {
    return Tensor.randn(Rng.of(seed), 5, IN).to(gpu).to(DType.BF16);
  }

  /** Compares with a weight that was converted just now. */
  private static void assertUpToDate(Linear layer) {
    try (NoGrad off = NoGrad.open();
        Scope scope = Scope.open()) {
      Tensor x = input(3);
      Tensor now = layer.weight().to(DType.BF16);
      assertArrayEquals(
          F.linear(x, now, layer.bias()).toFloats(), layer.forward(x).toFloats(), "linear");
      Tensor second = Tensor.randn(Rng.of(8), 4, OUT).to(gpu).to(DType.BF16);
      assertArrayEquals(
          F.feedForward(x, now, layer.bias(), Activation.GELU, second).toFloats(),
          F.feedForward(x, layer.weight(), layer.bias(), Activation.GELU, second).toFloats(),
          "feedForward");
    }
  }

  private static void learn(Linear layer, Optimizer optimizer, float scale) {
    try (Scope scope = Scope.open()) {
      layer.forward(input(4)).to(DType.F32).sum().mul(scale).backward();
      optimizer.step();
    }
  }

  @Test
  void itFollowsAllThatOverwritesTheWeight() {
    try (Linear layer = linear(IN, OUT, true);
        Optimizer adam = AdamW.of(layer.parameters(), 0.1f);
        Optimizer lamb = Lamb.of(layer.parameters(), 0.1f);
        Scope scope = Scope.open()) {
      assertUpToDate(layer);
      Tensor weight = layer.weight();
      for (Optimizer optimizer : List.of(adam, lamb)) {
        float[] before = weight.toFloats();
        learn(layer, optimizer, 1);
        assertUpToDate(layer);
        learn(layer, optimizer, 1);
        assertUpToDate(layer);
        assertFalse(Arrays.equals(before, weight.toFloats()));
        // A stale copy is not taken for the optimizer's, even where that does nothing.
        weight.fill(0.3f);
        try (Scope inner = Scope.open()) {
          weight.sum().mul(Float.NaN).backward();
        }
        optimizer.step();
        assertEquals(0.3f, weight.toFloats()[0]);
        assertUpToDate(layer);
        learn(layer, optimizer, Float.NaN);
        assertUpToDate(layer);
      }
      try (ExponentialMovingAverage average =
          ExponentialMovingAverage.of(layer.parameters(), 0.5f)) {
        average.update();
        learn(layer, adam, 1);
        average.swap();
        assertUpToDate(layer);
        average.swap();
        assertUpToDate(layer);
      }
      try (Tensor view = weight.detach()) {
        view.copyFrom(Tensor.randn(Rng.of(5), OUT, IN).to(gpu));
      }
      assertUpToDate(layer);
      layer.to(Device.cpu());
      weight.fill(0.7f);
      layer.to(gpu);
      assertUpToDate(layer);
      layer.freeze("");
      assertUpToDate(layer);
    }
  }

  @Test
  void itIsMadeOnceAndBelongsToTheWeight() {
    long before = Memory.live(gpu);
    try (Linear layer = linear(256, 64, false);
        Scope scope = Scope.open()) {
      Tensor x = Tensor.randn(Rng.of(1), 3, 256).to(gpu).to(DType.BF16);
      long live = Memory.live(gpu);
      for (int i = 0; i < 3; i++) {
        try (Scope inner = Scope.open()) {
          layer.forward(x);
        }
        assertEquals(2 * 256 * 64, Memory.live(gpu) - live);
      }
      // A weight that ends with its scope is not worth a copy that lasts.
      Tensor short_ = Tensor.randn(Rng.of(2), 64, 256).to(gpu);
      live = Memory.live(gpu);
      try (NoGrad off = NoGrad.open();
          Scope inner = Scope.open()) {
        F.linear(x, short_, null);
      }
      assertEquals(live, Memory.live(gpu));
    }
    assertEquals(before, Memory.live(gpu));
  }

  @Test
  void threadsShareIt() {
    try (Linear layer = linear(64, 64, true);
        Scope scope = Scope.open()) {
      Tensor x = Tensor.randn(Rng.of(1), 4, 64).to(gpu).to(DType.BF16);
      Supplier<float[]> run =
          () -> {
            try (NoGrad off = NoGrad.open();
                Scope inner = Scope.open()) {
              return layer.forward(x).toFloats();
            }
          };
      List<CompletableFuture<float[]>> results = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        results.add(CompletableFuture.supplyAsync(run));
      }
      for (CompletableFuture<float[]> result : results) {
        assertArrayEquals(run.get(), result.join());
      }
    }
  }

  /** The values of some steps with and without graphs, while others write to the weight, too. */
  @Test
  void replaysSeeTheWeightOfTheirTime() {
    List<List<float[]>> runs = new ArrayList<>();
    for (boolean replays : new boolean[] {false, true}) {
      Rng.seed(21);
      List<float[]> values = new ArrayList<>();
      try (Linear layer = linear(IN, OUT, true);
          Optimizer adam = AdamW.of(layer.parameters(), 0.1f);
          Scope scope = Scope.open()) {
        Tensor x = input(6);
        Tensor other = Tensor.randn(Rng.of(7), OUT, IN).to(gpu);
        Tensor held = Tensor.zeros(OUT, IN).to(gpu);
        Supplier<Tensor> infer = () -> layer.forward(x);
        Supplier<Tensor> train =
            () -> {
              Tensor y = layer.forward(x);
              y.to(DType.F32).sum().backward();
              adam.step();
              return layer.forward(x);
            };
        // Writes to the weight before it is read, and after.
        Supplier<Tensor> exchange =
            () -> {
              held.copyFrom(layer.weight());
              layer.weight().copyFrom(other);
              Tensor y = layer.forward(x).to(DType.F32);
              layer.weight().copyFrom(held);
              return y;
            };
        List<Supplier<Tensor>> work = new ArrayList<>(List.of(infer, train, exchange));
        List<CapturedStep> captured = new ArrayList<>();
        if (replays) {
          captured.add(CapturedStep.of(gpu, infer)); // before there is a copy
        }
        learn(layer, adam, 1);
        if (replays) {
          captured.add(CapturedStep.of(gpu, train));
          captured.add(CapturedStep.of(gpu, exchange));
        }
        for (int i : new int[] {0, 1, 0, 2, 0, 1, 1, 2, 3, 0, 3, 1, 0, 4, 1, 0, 2, 4, 0}) {
          if (i == 3) {
            layer.weight().fill(0.1f);
          } else if (i == 4) {
            learn(layer, adam, 1);
          } else if (replays) {
            captured.get(i).replay();
            values.add(captured.get(i).result().toFloats());
          } else {
            try (Scope inner = Scope.open()) {
              values.add(work.get(i).get().toFloats());
            }
          }
          values.add(layer.weight().toFloats());
        }
        assertUpToDate(layer);
        captured.forEach(CapturedStep::close);
      }
      runs.add(values);
    }
    assertSame(runs.get(0), runs.get(1));
    assertTrue(runs.get(0).size() > 20);
  }

  /** A replay that only reads the copy leaves it as a backward that is still to come needs it. */
  @Test
  void aReplayThatReadsDoesNotTouch() {
    try (Scope scope = Scope.open();
        Linear layer = linear(IN, OUT, true)) {
      Tensor x = input(3);
      try (CapturedStep infer =
          CapturedStep.of(
              gpu,
              () -> {
                try (NoGrad off = NoGrad.open()) {
                  return layer.forward(x);
                }
              })) {
        Tensor loss = layer.forward(x).sum();
        infer.replay();
        loss.backward();
        assertTrue(layer.weight().grad() != null);
      }
    }
  }
}
