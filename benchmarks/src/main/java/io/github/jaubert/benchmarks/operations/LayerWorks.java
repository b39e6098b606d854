package io.github.jaubert.benchmarks.operations;

import io.github.jaubert.benchmarks.measure.Work;
import io.github.jaubert.nn.Activation;
import io.github.jaubert.nn.F;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Tensor;
import java.util.List;
import java.util.function.Supplier;

/**
 * What surrounds attention in a block, on inputs that come from memory.
 *
 * <p>FLOPs of an element, a function such as exp counted as one: LayerNorm with bias, dropout and
 * residual 11 forward and 16 backward, GELU 5 and 8, softmax 5 and 4; a linear layer 2 x tokens x
 * in x out, twice that backward. Bytes: each operand once; LayerNorm's forward pass in training
 * also writes the sum that backward reads.
 */
public final class LayerWorks {
  static final int TOKENS = 4096;
  private static final float EPS = 1e-12f;
  private static final float DROPOUT = 0.1f;

  /** Rows of attention's scores, 12 heads of 32 x 128 tokens, and their width. */
  private static final int SCORE_ROWS = 49_152;

  private static final int SCORE_WIDTH = 128;

  private LayerWorks() {}

  /** Bias, dropout, residual and LayerNorm. */
  public static Operation openLayerNorm(int tokens, int hidden, float dropout, long seed) {
    return openLayerNorm(tokens, hidden, dropout, DType.F32, seed);
  }

  /** The same of activations of a type. */
  static Operation openLayerNorm(int tokens, int hidden, float dropout, DType dtype, long seed) {
    return new Operation(
        Operation.setsBeyondCache(2.0 * dtype.bytes() * tokens * hidden),
        seed,
        rng ->
            new Tensor[] {
              Operation.randn(rng, dtype, tokens, hidden),
              Operation.randn(rng, dtype, tokens, hidden)
            },
        rng -> new Tensor[] {Tensor.randn(rng, hidden), Tensor.ones(hidden), Tensor.zeros(hidden)},
        (x, w) -> F.addDropoutLayerNorm(x[0], x[1], w[0], w[1], w[2], dropout, EPS));
  }

  /** GELU, of x or of x + bias. */
  public static Operation openGelu(int width, boolean bias, long seed) {
    return new Operation(
        Operation.setsBeyondCache(4.0 * TOKENS * width),
        seed,
        rng -> new Tensor[] {Tensor.randn(rng, TOKENS, width)},
        rng -> bias ? new Tensor[] {Tensor.randn(rng, width)} : new Tensor[0],
        (x, w) -> F.gelu(bias ? x[0].add(w[0]) : x[0]));
  }

  /** A linear layer with bias. */
  public static Operation openLinear(
      int tokens, int in, int out, Activation activation, long seed) {
    return openLinear(tokens, in, out, activation, DType.F32, seed);
  }

  /** The same of activations of a type. */
  static Operation openLinear(
      int tokens, int in, int out, Activation activation, DType dtype, long seed) {
    return new Operation(
        1,
        seed,
        rng -> new Tensor[] {Operation.randn(rng, dtype, tokens, in)},
        rng -> new Tensor[] {Tensor.randn(rng, out, in), Tensor.randn(rng, out)},
        (x, w) -> F.linear(x[0], w[0], w[1], activation));
  }

  /** Softmax of attention's scores. */
  public static Operation openSoftmax(long seed) {
    return new Operation(
        Operation.setsBeyondCache(4.0 * SCORE_ROWS * SCORE_WIDTH),
        seed,
        rng -> new Tensor[] {Tensor.randn(rng, SCORE_ROWS, SCORE_WIDTH)},
        rng -> new Tensor[0],
        (x, w) -> x[0].softmax(-1));
  }

  static void add(List<Work> works, long seed) {
    for (int hidden : new int[] {384, 768}) {
      addLayerNorm(works, hidden, seed);
    }
    for (int width : new int[] {1536, 3072}) {
      addGelu(works, "GELU", width, () -> openGelu(width, false, seed));
      addGelu(works, "bias+GELU", width, () -> openGelu(width, true, seed));
    }
    double scores = (double) SCORE_ROWS * SCORE_WIDTH;
    Supplier<Operation> softmax = () -> openSoftmax(seed);
    works.add(
        OperationWorks.inference("softmax forward S128", 5 * scores, 2 * 4 * scores, softmax));
    works.add(
        OperationWorks.backward("softmax backward S128", 4 * scores, 3 * 4 * scores, softmax));
    addLinear(works, 384, 384, Activation.NONE, seed);
    addLinear(works, 384, 1536, Activation.GELU, seed);
    addLinear(works, 1536, 384, Activation.NONE, seed);
    addLinear(works, 768, 768, Activation.NONE, seed);
    addLinear(works, 768, 3072, Activation.GELU, seed);
    addLinear(works, 3072, 768, Activation.NONE, seed);
  }

  private static void addLayerNorm(List<Work> works, int hidden, long seed) {
    String name = "bias+dropout+residual+LayerNorm ";
    double n = (double) TOKENS * hidden;
    works.add(
        OperationWorks.inference(
            name + "inference H" + hidden,
            10 * n,
            3 * 4 * n,
            () -> openLayerNorm(TOKENS, hidden, 0, seed)));
    works.add(
        OperationWorks.forward(
            name + "forward H" + hidden,
            11 * n,
            4 * 4 * n,
            () -> openLayerNorm(TOKENS, hidden, DROPOUT, seed)));
    works.add(
        OperationWorks.backward(
            name + "backward H" + hidden,
            16 * n,
            4 * 4 * n,
            () -> openLayerNorm(TOKENS, hidden, DROPOUT, seed)));
  }

  private static void addGelu(List<Work> works, String name, int width, Supplier<Operation> open) {
    double n = (double) TOKENS * width;
    String shape = " W" + width;
    works.add(OperationWorks.forward(name + " forward" + shape, 5 * n, 2 * 4 * n, open));
    works.add(OperationWorks.backward(name + " backward" + shape, 8 * n, 3 * 4 * n, open));
  }

  private static void addLinear(
      List<Work> works, int in, int out, Activation activation, long seed) {
    double t = TOKENS;
    double flops = 2 * t * in * out;
    double weights = 4.0 * (in + 1) * out;
    String name = activation == Activation.GELU ? "linear+bias+GELU " : "linear+bias ";
    String shape = in + "x" + out;
    Supplier<Operation> open = () -> openLinear(TOKENS, in, out, activation, seed);
    works.add(
        OperationWorks.inference(
            name + "forward " + shape, flops, 4 * t * (in + out) + weights, open));
    double saved = activation == Activation.GELU ? 4 * t * out : 0;
    works.add(
        OperationWorks.backward(
            name + "backward " + shape,
            2 * flops,
            4 * t * (2 * in + out) + saved + 2 * weights,
            open));
  }
}
