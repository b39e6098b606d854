package io.github.jaubert.examples;

import io.github.jaubert.nn.AttentionOptions;
import io.github.jaubert.nn.F;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;

/** The fused kernels without a model around them. */
public final class KernelsByThemselves {
  private KernelsByThemselves() {}

  /** Prints the results of two kernels. */
  public static void main(String[] arguments) {
    try (Scope scope = Scope.open()) {
      Rng rng = Rng.of(42);
      // README: kernels
      PackedSequences lengths = PackedSequences.of(17, 128, 1, 64); // 210 rows, nothing padded
      Tensor q = Tensor.randn(rng, 210, 12, 32); // [tokens, heads, headDim]
      Tensor k = Tensor.randn(rng, 210, 12, 32);
      Tensor v = Tensor.randn(rng, 210, 12, 32);
      Tensor out = F.attention(q, k, v, lengths, AttentionOptions.dropout(0.1f));

      Tensor x = Tensor.randn(rng, 210, 384);
      Tensor residual = Tensor.randn(rng, 210, 384);
      Tensor bias = Tensor.zeros(384);
      Tensor gamma = Tensor.ones(384);
      Tensor beta = Tensor.zeros(384);
      Tensor y = F.addDropoutLayerNorm(x, residual, bias, gamma, beta, 0.1f, 1e-12f);
      // README: end
      System.out.println(out);
      System.out.println(y);
    }
  }
}
