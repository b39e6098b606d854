package io.github.jaubert.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.nn.Dropout;
import io.github.jaubert.nn.F;
import io.github.jaubert.nn.Gelu;
import io.github.jaubert.nn.LayerNorm;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.nn.Sequential;
import io.github.jaubert.optim.AdamW;
import io.github.jaubert.tensor.Memory;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** Where the memory outside the Java heap goes. */
class MemoryTest {
  @Test
  void trainingStepsLeaveNothingBehind() {
    long before = Memory.live();
    Rng rng = Rng.of(1);
    try (Sequential model =
            Sequential.of(
                Linear.of(37, 65),
                Gelu.of(),
                LayerNorm.of(65),
                Dropout.of(0.1f),
                Linear.of(65, 5));
        AdamW adam = AdamW.of(model.parameters(), 1e-3f)) {
      long live = 0;
      long peak = 0;
      long all = 0;
      for (int step = 0; step < 500; step++) {
        try (Scope scope = Scope.open()) {
          int rows = 1 + step % 31; // batches of changing size
          int[] labels = new int[rows];
          for (int i = 0; i < rows; i++) {
            labels[i] = rng.nextInt(5);
          }
          F.crossEntropy(model.forward(Tensor.randn(rng, rows, 37)), Tensor.of(labels)).backward();
          adam.step();
        }
        if (step == 61) {
          live = Memory.live();
          peak = Memory.peak();
          all = Memory.live() + Memory.cached();
        }
        if (step > 61) {
          assertEquals(live, Memory.live(), "bytes in use after step " + step);
          assertEquals(all, Memory.live() + Memory.cached(), "bytes held after step " + step);
        }
      }
      assertTrue(Memory.peak() <= Math.max(peak, before), "the peak grew");
    }
    assertEquals(before, Memory.live(), "bytes in use after everything was closed");
  }

  @Test
  void peakIsTheMostInUseAtOnce() {
    try (Scope scope = Scope.open()) {
      Memory.resetPeak();
      long before = Memory.live();
      Tensor.zeros(1 << 20).close();
      Tensor.zeros(1 << 18).close();
      assertEquals(before + (4 << 20), Memory.peak());
      Memory.resetPeak();
      assertEquals(before, Memory.peak());
    }
  }

  @Test
  void freedMemoryIsKeptForReuseUntilReleased() {
    Memory.releaseCached();
    assertEquals(0, Memory.cached());
    Tensor.zeros(1 << 20).close();
    assertEquals(4 << 20, Memory.cached());
    Memory.releaseCached();
    assertEquals(0, Memory.cached());
  }

  @Test
  void reportNamesTheLineOfATracedTensor() {
    Memory.trace(true);
    try (Scope scope = Scope.open()) {
      Tensor.zeros(12345);
      String report = Memory.report();
      assertTrue(report.contains("MemoryTest.reportNamesTheLineOfATracedTensor"), report);
      assertTrue(report.contains("in use"), report);
    } finally {
      Memory.trace(false);
    }
  }
}
