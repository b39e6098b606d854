package io.github.jaubert.benchmarks.operations;

import io.github.jaubert.benchmarks.measure.SmallCalls;
import io.github.jaubert.benchmarks.measure.Work;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.List;
import java.util.function.BinaryOperator;

/**
 * What a call costs when there is almost nothing to compute: time and garbage of one operation on 8
 * x 8 tensors whose result is freed, either by its own {@code close} or by a scope around the call.
 */
final class SmallWorks {
  private SmallWorks() {}

  static void add(List<Work> works, long seed) {
    add(works, "add 8x8", new long[] {8, 8}, Tensor::add, seed);
    add(works, "add 8x8+8", new long[] {8}, Tensor::add, seed);
    add(works, "matmul 8x8", new long[] {8, 8}, Tensor::matmul, seed);
  }

  private static void add(
      List<Work> works, String name, long[] right, BinaryOperator<Tensor> operation, long seed) {
    for (boolean scope : new boolean[] {false, true}) {
      works.addAll(
          SmallCalls.works(
              scope ? name + ", in a scope" : name,
              measure -> {
                try (Scope memory = Scope.open()) {
                  return measure.apply(call(operation, right, scope, seed));
                }
              }));
    }
  }

  private static Runnable call(
      BinaryOperator<Tensor> operation, long[] right, boolean scope, long seed) {
    Rng rng = Rng.of(seed);
    Tensor a = Tensor.randn(rng, 8, 8);
    Tensor b = Tensor.randn(rng, right);
    if (scope) {
      return () -> {
        try (Scope around = Scope.open()) {
          operation.apply(a, b);
        }
      };
    }
    return () -> operation.apply(a, b).close();
  }
}
