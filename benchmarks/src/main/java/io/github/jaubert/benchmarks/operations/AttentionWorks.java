package io.github.jaubert.benchmarks.operations;

import io.github.jaubert.benchmarks.measure.Work;
import io.github.jaubert.nn.AttentionOptions;
import io.github.jaubert.nn.F;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Tensor;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Fused attention with 12 heads over 4,096 tokens, in sequences of one length or mixed. The inputs
 * stay in cache where they fit: in a model they come from the layer before.
 *
 * <p>FLOPs: the products, 4 H S² forward and 10 H S² backward for each sequence of S tokens and H =
 * heads x head size. Bytes: q, k, v, out forward; with dout, dq, dk, dv backward.
 */
public final class AttentionWorks {
  static final int TOKENS = 4096;
  private static final int HEADS = 12;
  private static final int[] LENGTHS = {16, 32, 64, 128, 256, 512};

  private AttentionWorks() {}

  /** The operation on random inputs. */
  public static Operation open(int[] lengths, int headDim, float dropout, long seed) {
    return open(lengths, headDim, dropout, DType.F32, seed);
  }

  private static Operation open(int[] lengths, int headDim, float dropout, DType dtype, long seed) {
    PackedSequences packed = PackedSequences.of(lengths);
    AttentionOptions options = AttentionOptions.dropout(dropout);
    return new Operation(
        1,
        seed,
        rng ->
            new Tensor[] {
              Operation.randn(rng, dtype, packed.tokens(), HEADS, headDim),
              Operation.randn(rng, dtype, packed.tokens(), HEADS, headDim),
              Operation.randn(rng, dtype, packed.tokens(), HEADS, headDim)
            },
        rng -> new Tensor[0],
        (x, none) -> F.attention(x[0], x[1], x[2], packed, options));
  }

  static void add(List<Work> works, long seed) {
    for (int headDim : new int[] {32, 64}) {
      for (int length : LENGTHS) {
        String shape = "d" + headDim + " S" + length;
        add(works, shape, SentenceLengths.equal(TOKENS, length), headDim, 0, DType.F32, seed);
      }
      int[] mixed = SentenceLengths.mixed(TOKENS, seed);
      add(works, "d" + headDim + " mixed", mixed, headDim, 0, DType.F32, seed);
      String dropout = "d" + headDim + " S128 dropout";
      add(works, dropout, SentenceLengths.equal(TOKENS, 128), headDim, 0.1f, DType.F32, seed);
    }
  }

  static void add(
      List<Work> works,
      String shape,
      int[] lengths,
      int headDim,
      float dropout,
      DType dtype,
      long seed) {
    double hidden = HEADS * headDim;
    double squares = 0;
    for (int length : lengths) {
      squares += (double) length * length;
    }
    double tensor = dtype.bytes() * hidden * IntStream.of(lengths).sum();
    works.add(
        OperationWorks.inference(
            "attention forward " + shape,
            4 * hidden * squares,
            4 * tensor,
            () -> open(lengths, headDim, dropout, dtype, seed)));
    works.add(
        OperationWorks.backward(
            "attention backward " + shape,
            10 * hidden * squares,
            8 * tensor,
            () -> open(lengths, headDim, dropout, dtype, seed)));
  }
}
