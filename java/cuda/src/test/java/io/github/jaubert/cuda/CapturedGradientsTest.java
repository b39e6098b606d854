package io.github.jaubert.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.autograd.CapturedStep;
import io.github.jaubert.autograd.Checkpoint;
import io.github.jaubert.tensor.Memory;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Captured steps that leave gradients, or add to those that they find. */
class CapturedGradientsTest extends CapturedStepFixture {
  private static final int BATCHES = 3; // of a step

  @Test
  void accumulationIsThatOfTheStepsThemselves() {
    List<Float> expectedLosses = new ArrayList<>();
    List<float[]> expected;
    try (Training training = new Training()) {
      for (int step = 0; step < 4; step++) {
        for (int i = 0; i < BATCHES; i++) {
          expectedLosses.add(training.eager(training.batch, step + i));
        }
        training.adam.step(rate(step));
      }
      expected = training.state();
    }
    List<Float> losses = new ArrayList<>();
    try (Training training = new Training()) {
      for (int i = 0; i < BATCHES; i++) {
        losses.add(training.eager(training.batch, i));
      }
      training.adam.step(rate(0));
      List<float[]> before = training.state();
      try (CapturedStep begins = training.capture(training.batch)) {
        assertSame(before, training.state()); // nothing has run
        Tensor weight = training.model.parameters().get(0).tensor();
        assertNull(weight.grad());
        losses.add(training.replayBatch(begins, 1));
        float[] gradient = weight.grad().toFloats();
        try (CapturedStep adds = training.capture(training.batch);
            CapturedStep update = training.captureUpdate()) {
          assertArrayEquals(gradient, weight.grad().toFloats());
          losses.add(training.replayBatch(adds, 2));
          losses.add(training.eager(training.batch, 3)); // one in between without a graph
          Tensor total = weight.grad();
          update.replay(rate(1));
          assertEquals(training.adam.gradNorm().item(), update.result().item());
          assertNull(weight.grad());
          assertThrows(IllegalStateException.class, total::toFloats); // its handle ended with it
          for (int step = 2; step < 4; step++) {
            losses.add(
                step == 2
                    ? training.replayBatch(begins, step)
                    : training.eager(training.batch, step));
            for (int i = 1; i < BATCHES; i++) {
              losses.add(training.replayBatch(adds, step + i));
            }
            if (step == 2) {
              training.adam.step(rate(step));
            } else {
              update.replay(rate(step));
            }
          }
        }
      }
      assertSame(expected, training.state());
    }
    assertEquals(expectedLosses, losses);
  }

  /** The memory of gradients is one for all graphs, and goes with the last of them. */
  @Test
  void gradientsHaveOneMemoryWhichIsGivenBack() {
    long before = Memory.live(gpu);
    try (Training training = new Training()) {
      training.eager(0);
      long live = Memory.live(gpu);
      CapturedStep one = training.capture(training.batch);
      long withOne = Memory.live(gpu);
      CapturedStep other = training.capture(training.batch);
      long smallest = training.model.parameters().stream().mapToLong(p -> p.shape().numel()).sum();
      assertTrue(withOne - live > 4 * smallest);
      assertTrue(Memory.live(gpu) - withOne < 4 * smallest, "gradients are there once");
      training.replayBatch(one, 1);
      one.close();
      assertNotNull(training.model.parameters().get(0).grad());
      training.adam.zeroGrad();
      training.replayBatch(other, 1);
      training.adam.step(0);
      other.close();
      assertEquals(live, Memory.live(gpu));
      CapturedStep last = training.capture(training.batch);
      training.replayBatch(last, 1);
      last.close();
      assertTrue(Memory.live(gpu) > live, "the gradients of the replay are the program's");
      training.adam.zeroGrad();
      assertEquals(live, Memory.live(gpu));
    }
    assertEquals(before, Memory.live(gpu));
  }

  /** What is differentiated inside of the step only leaves nothing behind. */
  @Test
  void gradientsOfCheckpointsEndWithTheStep() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.of(new float[] {1, 2, 3}).to(gpu).requiresGrad(true);
      long live = Memory.live(gpu);
      try (CapturedStep captured =
          CapturedStep.of(
              gpu,
              () -> {
                Tensor y = Checkpoint.run(v -> v.mul(v), x.mul(2)).sum();
                y.backward();
                return y;
              })) {
        captured.replay();
        assertEquals(56, captured.result().item());
        assertArrayEquals(new float[] {8, 16, 24}, x.grad().toFloats());
        x.zeroGrad();
      }
      assertEquals(live, Memory.live(gpu));
    }
  }
}
