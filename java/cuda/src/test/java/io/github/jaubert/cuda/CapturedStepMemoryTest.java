package io.github.jaubert.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.autograd.CapturedStep;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.Memory;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What captured steps keep, share and give back. */
class CapturedStepMemoryTest extends CapturedStepFixture {
  @Test
  void severalCapturedStepsShareMemoryAndCheckpointsRestoreThem() {
    try (Training training = new Training()) {
      training.eager(0);
      try (CapturedStep one = training.capture();
          CapturedStep other = training.capture()) {
        training.replay(one, 1);
        Map<String, Tensor> weights = new LinkedHashMap<>();
        try (Scope scope = Scope.open()) {
          for (Parameter parameter : training.model.parameters()) {
            weights.put(parameter.name(), copy(parameter.tensor()));
          }
          Map<String, Tensor> adam = new LinkedHashMap<>();
          training.adam.state().forEach((name, tensor) -> adam.put(name, copy(tensor)));
          long offset = Rng.global().offset();
          long noise = training.noise.offset();
          float second = training.replay(other, 2);
          float third = training.replay(one, 3);
          assertEquals(second, other.result().item()); // is not overwritten by the other step
          List<float[]> expected = training.state();
          // Back to the checkpoint, and on by other graphs.
          training
              .model
              .parameters()
              .forEach(parameter -> parameter.tensor().copyFrom(weights.get(parameter.name())));
          training.adam.restore(adam);
          Rng.global().restore(11, offset);
          training.noise.restore(77, noise);
          assertEquals(second, training.replay(one, 2));
          assertEquals(third, training.replay(other, 3));
          assertSame(expected, training.state());
        }
      }
    }
  }

  /** What the program allocates meanwhile must not lie where replays write, nor the other way. */
  @Test
  void aGraphKeepsItsMemoryAndGivesItBack() {
    try (Training training = new Training()) {
      training.eager(0);
      training.eager(1);
      long live = Memory.live(gpu);
      CapturedStep captured = training.capture();
      assertTrue(Memory.live(gpu) > live, "what the step computes on the way is in use");
      float[] losses = new float[4];
      List<Tensor> others = new ArrayList<>();
      for (int step = 0; step < losses.length; step++) {
        for (int size : new int[] {3, 16, 24, 24 * 16, 24 * 24, 16 * 24, 40 * 16, 2000}) {
          try (Scope scope = Scope.open()) {
            others.add(Tensor.full(size, size).to(gpu).unscoped());
          }
        }
        losses[step] = training.replay(captured, step);
      }
      for (Tensor other : others) {
        float[] filled = new float[(int) other.numel()];
        Arrays.fill(filled, other.numel());
        assertArrayEquals(filled, other.toFloats());
        other.close();
      }
      captured.close();
      captured.close();
      assertEquals(live, Memory.live(gpu));
      assertTrue(
          assertThrows(IllegalStateException.class, captured::replay)
              .getMessage()
              .startsWith("the step captured at "));
      try (Training again = new Training()) {
        again.eager(0);
        again.eager(1);
        for (int step = 0; step < losses.length; step++) {
          assertEquals(again.eager(step), losses[step], "step " + step);
        }
      }
    }
  }

  /** Tensors that the program closes are there until the graph is. */
  @Test
  void aGraphHoldsTheTensorsOfTheProgram() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.of(new float[] {1, 2, 3}).to(gpu);
      long live = Memory.live(gpu);
      try (CapturedStep captured = CapturedStep.of(gpu, () -> x.mul(2))) {
        x.close();
        Tensor poison = Tensor.of(new float[] {7, 7, 7}).to(gpu);
        captured.replay();
        assertArrayEquals(new float[] {2, 4, 6}, captured.result().toFloats());
        assertArrayEquals(new float[] {7, 7, 7}, poison.toFloats());
      }
      assertEquals(live, Memory.live(gpu)); // x is gone, poison is there
    }
  }
}
