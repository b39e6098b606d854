package io.github.jaubert.benchmarks.operations;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.benchmarks.measure.SentenceLengths;
import io.github.jaubert.benchmarks.measure.Work;
import io.github.jaubert.nn.F;
import io.github.jaubert.tensor.Memory;
import io.github.jaubert.tensor.Tensor;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class OperationsTest {
  @Test
  void namesAreUniqueAndEveryOperationSaysWhatItMoves() {
    Set<String> names = new HashSet<>();
    for (Work work : OperationTable.ofCpu(0).works()) {
      assertTrue(names.add(work.name()), work.name() + " twice");
      assertTrue(work.flops() > 0 && work.bytes() > 0, work.name());
    }
  }

  @Test
  void mixedLengthsAreThoseOfThePythonSide() {
    // The first of torch_ops.py's mixed_lengths(4096, 0).
    int[] lengths = SentenceLengths.mixed(4096, 0);
    assertArrayEquals(new int[] {23, 205, 16, 38, 98, 34, 15, 18}, Arrays.copyOf(lengths, 8));
    assertEquals(90, lengths.length);
    assertEquals(4096, Arrays.stream(lengths).sum());
  }

  @Test
  void anOperationRunsForwardAndBackwardOverAndOverInConstantMemory() {
    long before = Memory.live();
    Tensor[] weight = new Tensor[1];
    try (Operation operation =
        new Operation(
            (128 << 20) / 3.0, // of a set of inputs: three of them
            1,
            rng -> new Tensor[] {Tensor.randn(rng, 5, 4)},
            rng -> {
              weight[0] = Tensor.randn(rng, 6, 4);
              return weight;
            },
            (x, w) -> F.linear(x[0], w[0], null))) {
      operation.recordAll();
      operation.backward(0);
      float[] gradient = weight[0].grad().toFloats();
      operation.backward(1);
      operation.backward(2);
      long live = Memory.live();
      for (int i = 0; i < 7; i++) {
        operation.infer();
        operation.record();
      }
      operation.recordAll();
      operation.backward(0);
      assertNotNull(weight[0].grad());
      assertArrayEquals(gradient, weight[0].grad().toFloats());
      operation.backward(1);
      operation.backward(2);
      assertEquals(live, Memory.live());
    }
    assertEquals(before, Memory.live());
  }
}
