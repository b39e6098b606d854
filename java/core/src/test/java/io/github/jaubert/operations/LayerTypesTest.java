package io.github.jaubert.operations;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.jaubert.nn.AttentionOptions;
import io.github.jaubert.nn.F;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Which types layers refuse, and in what words. */
class LayerTypesTest {
  private static String refused(Class<? extends RuntimeException> type, Executable operation) {
    try (Scope scope = Scope.open()) {
      return assertThrows(type, operation).getMessage();
    }
  }

  @Test
  void operandsThatDoNotGoTogether() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.ones(5, 8);
      Tensor narrow = x.to(DType.BF16);
      Tensor one = Tensor.ones(8);
      assertEquals(
          "addDropoutLayerNorm: x is BF16 [5, 8] and the residual is F32 [5, 8]: the types differ;"
              + " convert one with to(DType)",
          refused(
              IllegalArgumentException.class,
              () -> F.addDropoutLayerNorm(narrow, x, null, one, one, 0, 1e-5f)));
      assertEquals(
          "linear: a parameter is BF16 [5, 8], expected type F32",
          refused(IllegalArgumentException.class, () -> F.linear(x, narrow, null)));
      assertEquals(
          "layerNorm: x is F16 [5, 8], expected type F32 or BF16",
          refused(
              IllegalArgumentException.class, () -> F.layerNorm(x.to(DType.F16), one, one, 1e-5f)));
      Tensor q = x.reshape(5, 2, 4);
      assertEquals(
          "attention: q is F16 [5, 2, 4] and v is F32 [5, 2, 4]: the types differ; convert one with"
              + " to(DType)",
          refused(
              IllegalArgumentException.class,
              () ->
                  F.attention(
                      q.to(DType.F16),
                      q.to(DType.F16),
                      q,
                      PackedSequences.of(5),
                      AttentionOptions.defaults())));
      assertEquals(
          "embeddingLayerNorm: the result is I32 [2, 8], expected type F32 or BF16",
          refused(
              IllegalArgumentException.class,
              () ->
                  F.embeddingLayerNorm(
                      Tensor.of(new int[2]),
                      Tensor.of(new int[2]),
                      null,
                      x,
                      x,
                      null,
                      one,
                      one,
                      0,
                      1e-5f,
                      DType.I32)));
    }
  }

  @Test
  void theCpuComputesNothingInF16() {
    assumeTrue(Device.defaultDevice() == Device.cpu());
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.ones(5, 1, 8).to(DType.F16);
      assertEquals(
          "attention: float16 is not computed on the CPU; float32 and bfloat16 are",
          refused(
              UnsupportedOperationException.class,
              () -> F.attention(x, x, x, PackedSequences.of(5), AttentionOptions.defaults())));
    }
  }

  @Test
  void generalOperationsComputeInF32WithAnyOperands() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.ones(5, 8).to(DType.BF16);
      assertEquals(DType.F32, x.add(Tensor.ones(8)).dtype());
      assertEquals(40, x.sum().item());
    }
  }
}
