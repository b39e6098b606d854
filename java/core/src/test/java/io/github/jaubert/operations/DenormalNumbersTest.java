package io.github.jaubert.operations;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.nn.F;
import io.github.jaubert.reference.NdArray;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Operations take numbers below {@link Float#MIN_NORMAL} for 0, on the default device ({@code
 * -Djaubert.device}), and Java's own arithmetic goes on having them.
 */
class DenormalNumbersTest {
  static List<OperationCase> cases() {
    return OperationTableTest.casesToRun().stream()
        .filter(c -> c.inputs().stream().anyMatch(input -> input.dtype() == DType.F32))
        .toList();
  }

  /** What an operation only moves keeps such numbers, so they are left out of both results. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void areZeroToAnOperation(OperationCase operation) {
    RandomGenerator random = Seeds.random(operation.toString());
    NdArray[] inputs =
        operation.inputs().stream()
            .map(
                input -> {
                  NdArray drawn = input.draw(random);
                  return input.dtype() == DType.F32 ? withDenormals(drawn, random) : drawn;
                })
            .toArray(NdArray[]::new);
    NdArray[] zeros =
        Arrays.stream(inputs).map(DenormalNumbersTest::flushed).toArray(NdArray[]::new);
    long seed = random.nextLong();
    try (Scope scope = Scope.open()) {
      List<NdArray> found = valueAndGradients(operation, inputs, seed, false);
      List<NdArray> expected = valueAndGradients(operation, zeros, seed, true);
      for (int i = 0; i < expected.size(); i++) {
        assertArrayEquals(
            flushed(expected.get(i)).data(),
            flushed(found.get(i)).data(),
            (i == 0 ? "value" : "gradient " + i) + "; -Djaubert.seed=" + Seeds.SEED);
      }
    }
  }

  private static List<NdArray> valueAndGradients(
      OperationCase operation, NdArray[] inputs, long seed, boolean flushed) {
    Tensor[] operands =
        IntStream.range(0, inputs.length)
            .mapToObj(i -> Input.tensor(inputs[i], operation.inputs().get(i).dtype()))
            .toArray(Tensor[]::new);
    for (Tensor operand : operands) {
      if (operation.differentiable() && operand.dtype() == DType.F32) {
        operand.requiresGrad(true);
      }
    }
    Tensor value = operation.operation().apply(operands);
    NdArray first = NdArray.of(value);
    if (!operation.differentiable()) {
      return List.of(first);
    }
    RandomGenerator random = new Random(seed);
    NdArray dy = withDenormals(Input.normal(first.shape()).draw(random), random);
    value.backward(Input.tensor(flushed ? flushed(dy) : dy, operation.result()));
    List<NdArray> all = new ArrayList<>(List.of(first));
    for (Tensor operand : operands) {
      if (operand.grad() != null) {
        all.add(NdArray.of(operand.grad()));
      }
    }
    return all;
  }

  /** Every third number is replaced by a denormal one of its sign. */
  private static NdArray withDenormals(NdArray array, RandomGenerator random) {
    return array.map(
        v ->
            random.nextInt(3) > 0
                ? v
                : Math.copySign(Float.intBitsToFloat(random.nextInt(1, 0x800000)), v));
  }

  private static NdArray flushed(NdArray array) {
    return array.map(v -> Math.abs(v) < Float.MIN_NORMAL ? Math.copySign(0, v) : v);
  }

  @Test
  void resultsBelowTheSmallestNormalNumberAreZero() {
    try (Scope scope = Scope.open()) {
      Tensor small = Tensor.full(-1e-20f, 1003);
      for (float value : small.mul(1e-20f).toFloats()) {
        assertEquals(0f, value, 0f);
      }
      for (float value : F.gelu(Tensor.full(-13.2f, 1003)).toFloats()) {
        assertEquals(0f, Math.abs(value), 0f);
      }
      for (float value : Tensor.full(-90, 1003).exp().toFloats()) {
        assertEquals(0f, value, 0f);
      }
    }
  }

  @Test
  void bfloat16HasNoneAndFloat16KeepsItsOwn() {
    float[] values = {0x1p-24f, 0x3ffp-24f, -0x1p-20f, 0x1p-126f, 0x1p-127f, -0x1p-140f};
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.of(values);
      assertArrayEquals(
          new float[] {0x1p-24f, 0x3ffp-24f, -0x1p-20f, 0, 0, -0f}, x.to(DType.F16).toFloats());
      assertArrayEquals(
          new float[] {0x1p-24f, 0x1p-14f, -0x1p-20f, 0x1p-126f, 0, -0f},
          x.to(DType.BF16).toFloats());
      assertArrayEquals(values, x.toFloats(), "copies keep what they are given");
    }
  }

  /** Also in code that is compiled while kernels run, and beside other threads that call them. */
  @Test
  void javaKeepsItsOwn() throws InterruptedException {
    int[] wrong = new int[3];
    Thread[] threads = new Thread[wrong.length];
    for (int t = 0; t < threads.length; t++) {
      int self = t;
      threads[t] = new Thread(() -> wrong[self] = wrongDenormals());
      threads[t].start();
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertArrayEquals(new int[wrong.length], wrong);
    try (Scope scope = Scope.open()) {
      assertEquals(0f, Tensor.full(1e-20f, 5).mul(1e-20f).toFloats()[4], 0f);
      assertTrue(halved(Float.MIN_NORMAL) > 0);
      assertEquals(Float.MIN_VALUE, halved(2 * Float.MIN_VALUE), 0f);
      // A refused call too.
      Tensor a = Tensor.ones(2, 3);
      assertThrows(IllegalArgumentException.class, () -> a.matmul(a));
      assertEquals(Float.MIN_VALUE, halved(2 * Float.MIN_VALUE), 0f);
      assertEquals(Double.MIN_VALUE, 2 * Double.MIN_VALUE * Double.parseDouble("0.5"), 0.0);
    }
  }

  private static int wrongDenormals() {
    int wrong = 0;
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.full(1e-20f, 70_001);
      for (int round = 0; round < 50; round++) {
        try (Scope inner = Scope.open()) {
          F.gelu(x.mul(1e-20f));
          for (int i = 1; i < 20_000; i++) {
            // i times the smallest number, halved and doubled, is exact for even i.
            float value = halved(2 * i * Float.MIN_VALUE);
            wrong += value == i * Float.MIN_VALUE && value > 0 ? 0 : 1;
          }
        }
      }
    }
    return wrong;
  }

  private static float halved(float x) {
    return x / 2;
  }
}
