package io.github.jaubert.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.nn.AttentionOptions;
import io.github.jaubert.nn.CrossEntropyOptions;
import io.github.jaubert.nn.F;
import io.github.jaubert.nn.Gelu;
import io.github.jaubert.nn.Layer;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.nn.Sequential;
import io.github.jaubert.optim.AdamW;
import io.github.jaubert.optim.ExponentialMovingAverage;
import io.github.jaubert.optim.Optimizer;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Models on a device that is not the CPU, and operands that are not on one device. */
class TwoDevicesTest {
  private static final Device TWIN = Device.of("twin:0");
  private static final Device OTHER = Device.of("twin:1");

  private static Layer model() {
    Rng.seed(5);
    return Sequential.of(Linear.of(6, 7), Gelu.of(), Linear.of(7, 3));
  }

  private static Tensor loss(Layer model, int step, Device device) {
    Tensor x = Tensor.randn(Rng.of(step), 8, 6).to(device);
    return F.crossEntropy(
        model.forward(x), Tensor.of(new int[] {0, 1, 2, 0, 1, 2, 0, 1}).to(device));
  }

  private static float[] train(Device device) {
    float[] losses = new float[5];
    try (Layer model = model().to(device);
        Optimizer adam = AdamW.of(model.parameters(), 1e-2f)) {
      for (int step = 0; step < losses.length; step++) {
        try (Scope scope = Scope.open()) {
          Tensor loss = loss(model, step, device);
          loss.backward();
          adam.step();
          losses[step] = loss.item();
          assertSame(device, loss.device());
          assertSame(device, adam.gradNorm().device());
          assertSame(device, model.parameters().get(0).tensor().device());
        }
      }
      adam.state()
          .forEach(
              (name, tensor) ->
                  assertSame(name.contains("exp") ? device : Device.cpu(), tensor.device(), name));
    }
    return losses;
  }

  @Test
  void aLoopTrainsOnAnyDevice() {
    assertArrayEquals(train(Device.cpu()), train(TWIN));
  }

  @Test
  void aModelMovesWithItsGradients() {
    try (Layer model = model();
        Optimizer adam = AdamW.of(model.parameters(), 1e-2f)) {
      float[][] gradients = new float[4][];
      try (Scope scope = Scope.open()) {
        loss(model, 0, Device.cpu()).backward();
        for (int i = 0; i < 4; i++) {
          gradients[i] = model.parameters().get(i).grad().toFloats();
        }
        assertSame(model, model.to(TWIN));
        for (int i = 0; i < 4; i++) {
          assertSame(TWIN, model.parameters().get(i).grad().device());
          assertArrayEquals(gradients[i], model.parameters().get(i).grad().toFloats());
        }
      }
      adam.step(); // made before the move, but without state then
      assertSame(TWIN, adam.gradNorm().device());
      model.to(OTHER);
      try (Scope scope = Scope.open()) {
        loss(model, 0, OTHER).backward();
      }
      assertEquals(
          "AdamW: parameter 0.weight is on twin:1, and its optimizer's state on twin:0:"
              + " make a new optimizer after a move",
          assertThrows(IllegalStateException.class, adam::step).getMessage());
    }
  }

  @Test
  void aParameterInUseDoesNotMove() {
    try (Layer model = model()) {
      try (Scope scope = Scope.open()) {
        Tensor loss = loss(model, 0, Device.cpu());
        IllegalStateException e = assertThrows(IllegalStateException.class, () -> model.to(TWIN));
        assertTrue(
            e.getMessage()
                .matches(
                    "to: parameter \\d.weight: F32 \\[\\d, \\d] cannot move from cpu to twin:0: a view"
                        + " shares its memory, or a computation whose backward has not run needs it, or a"
                        + " captured step does"),
            e.getMessage());
        model.parameters().forEach(p -> assertSame(Device.cpu(), p.tensor().device()));
        loss.backward();
      }
      model.to(TWIN);
    }
  }

  @Test
  void backwardRefusesAnInputThatHasMoved() {
    try (Scope scope = Scope.open()) {
      try (Layer model = Linear.of(4, 4)) {
        Tensor bias = model.parameter("bias").tensor();
        Tensor sum = Tensor.ones(2, 4).add(bias).sum();
        model.to(TWIN);
        assertEquals(
            "backward of add: its input F32 [4] is on twin:0, its gradient on cpu",
            assertThrows(IllegalStateException.class, sum::backward).getMessage());
      }
    }
  }

  @Test
  void parametersOfOneOptimizerAreOnOneDevice() {
    try (Layer a = Linear.of(2, 2);
        Layer b = Linear.of(2, 2);
        Optimizer adam = AdamW.of(Sequential.of(a, b).parameters(), 1e-2f);
        Scope scope = Scope.open()) {
      b.to(TWIN);
      b.forward(a.forward(Tensor.ones(1, 2)).to(TWIN)).sum().backward();
      assertEquals(
          "AdamW: parameter 0.weight is on cpu and parameter 1.weight is on twin:0",
          assertThrows(IllegalStateException.class, adam::step).getMessage());
    }
  }

  @Test
  void anAverageStaysWithItsWeights() {
    try (Layer model = Linear.of(2, 2).to(TWIN);
        ExponentialMovingAverage average = ExponentialMovingAverage.of(model.parameters(), 0.5f)) {
      average.update();
      average.swap();
      average.averages().values().forEach(tensor -> assertSame(TWIN, tensor.device()));
      model.to(OTHER);
      assertEquals(
          "ExponentialMovingAverage: parameter weight is on twin:1, its average on twin:0: make a new"
              + " one after a move",
          assertThrows(IllegalStateException.class, average::update).getMessage());
      assertEquals(1, average.updates());
    }
  }

  @Test
  void stateFromTheCpuIsRestoredToTheDevice() {
    try (Layer model = model().to(TWIN);
        Optimizer adam = AdamW.of(model.parameters(), 1e-2f);
        Optimizer again = AdamW.of(model.parameters(), 1e-2f);
        Scope scope = Scope.open()) {
      loss(model, 0, TWIN).backward();
      adam.step();
      Map<String, Tensor> saved = new LinkedHashMap<>();
      adam.state().forEach((name, tensor) -> saved.put(name, tensor.to(Device.cpu())));
      again.restore(saved);
      again
          .state()
          .forEach(
              (name, tensor) -> {
                if (name.contains("exp")) {
                  assertSame(TWIN, tensor.device(), name);
                  assertArrayEquals(saved.get(name).toFloats(), tensor.toFloats(), name);
                } else {
                  assertArrayEquals(new long[] {1}, tensor.toLongs(), name);
                }
              });
    }
  }

  @Test
  void operandsOfTwoDevicesAreRefused() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.ones(2, 2);
      Tensor y = Tensor.ones(2, 2).to(TWIN);
      Tensor row = Tensor.ones(2).to(TWIN);
      Tensor ids = Tensor.of(new int[] {0, 1});
      Tensor idsThere = ids.to(TWIN);
      Tensor mask = Tensor.of(new boolean[] {true, false}).to(TWIN);
      IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> x.matmul(y));
      assertEquals(
          "matmul: operand F32 [2, 2] is on cpu and operand F32 [2, 2] is on twin:0;"
              + " move one with to(Device)",
          e.getMessage());
      refused("add", () -> x.add(y));
      refused("eq", () -> y.eq(x));
      refused("maximum", () -> x.maximum(y));
      refused("where", () -> Tensor.where(mask, x, x));
      refused("where", () -> Tensor.where(mask, y, x));
      refused("where", () -> x.maskedFill(mask, 1));
      refused("concat", () -> Tensor.concat(0, x, y));
      refused("concat", () -> Tensor.stack(0, x, y));
      refused("indexSelect", () -> x.indexSelect(0, idsThere));
      refused("takeAlong", () -> x.takeAlong(Tensor.of(new int[2], 2, 1).to(TWIN)));
      refused("indexAdd", () -> x.indexAdd(idsThere, x));
      refused("indexAdd", () -> x.indexAdd(ids, y));
      refused("embedding", () -> F.embedding(y, ids));
      refused("linear", () -> F.linear(x, y, null));
      refused("linear", () -> F.linear(x, x, row));
      refused("layerNorm", () -> F.layerNorm(x, row, row, 1e-5f));
      refused("addDropoutLayerNorm", () -> F.addDropoutLayerNorm(y, x, row, row, row, 0, 1e-5f));
      refused("crossEntropy", () -> F.crossEntropy(y, ids));
      refused(
          "crossEntropy",
          () -> F.crossEntropy(x, ids, CrossEntropyOptions.defaults().withClassWeights(row)));
      refused(
          "embeddingLayerNorm",
          () -> F.embeddingLayerNorm(ids, idsThere, idsThere, y, y, y, row, row, 0, 1e-5f));
      refused(
          "embeddingLayerNorm",
          () -> F.embeddingLayerNorm(ids, ids, ids, x, y, x, row, row, 0, 1e-5f));
      Tensor heads = x.reshape(2, 1, 2);
      refused(
          "attention",
          () ->
              F.attention(
                  heads,
                  heads.to(TWIN),
                  heads,
                  PackedSequences.of(2),
                  AttentionOptions.defaults()));
      refused("rotary", () -> F.rotary(heads, idsThere, 10000));
      Tensor leaf = Tensor.ones(2, 2).requiresGrad(true);
      assertEquals(
          "backward: the tensor is on cpu, the gradient is on twin:0; move it with to(Device)",
          assertThrows(IllegalArgumentException.class, () -> leaf.mul(2f).backward(y))
              .getMessage());
    }
  }

  private static void refused(String operation, Executable call) {
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, call, operation);
    assertTrue(e.getMessage().startsWith(operation + ": operand "), e.getMessage());
    assertTrue(
        e.getMessage().contains("on cpu") && e.getMessage().contains("on twin:0"), e.getMessage());
  }
}
