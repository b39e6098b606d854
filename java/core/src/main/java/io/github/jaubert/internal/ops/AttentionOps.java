package io.github.jaubert.internal.ops;

import static io.github.jaubert.internal.ops.Operands.list;

import io.github.jaubert.internal.binding.Arguments;
import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.internal.binding.Native;
import io.github.jaubert.internal.tape.NativeTensor;
import io.github.jaubert.internal.tape.Tape;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;

/** Self-attention over packed sequences, and the rotation of queries and keys by their position. */
public final class AttentionOps {
  private static final int MAX_HEAD_DIM = 128;

  /** The fields of {@code jb_attention_args}, in their order. */
  private enum Field {
    Q,
    K,
    V,
    LSE,
    SEQUENCES,
    HEADS,
    HEAD_DIM,
    WINDOW,
    SCALE,
    P,
    SEED,
    OFFSET;

    static final int COUNT = values().length;
  }

  private AttentionOps() {}

  private static long arguments(
      NativeTensor q,
      NativeTensor k,
      NativeTensor v,
      NativeTensor lse,
      int[] cuSeqlens,
      int window,
      float scale,
      float p,
      long seed,
      long offset) {
    return Arguments.begin(Field.COUNT)
        .set(Field.Q, q.address())
        .set(Field.K, k.address())
        .set(Field.V, v.address())
        .set(Field.LSE, Operands.addressOrNull(lse))
        .set(Field.SEQUENCES, cuSeqlens.length - 1) // padding is one more
        .set(Field.HEADS, q.size(1))
        .set(Field.HEAD_DIM, q.size(2))
        .set(Field.WINDOW, window)
        .set(Field.SCALE, scale)
        .set(Field.P, p)
        .set(Field.SEED, seed)
        .set(Field.OFFSET, offset)
        .address();
  }

  /**
   * {@code dropout(softmax(scale * Q K^T)) V} within each sequence; q, k, v and the result are
   * [tokens, heads, headDim].
   *
   * @param window how far a position sees to either side; negative: everything
   */
  public static Tensor attention(
      Tensor queries,
      Tensor keys,
      Tensor values,
      PackedSequences lengths,
      float scale,
      int window,
      float p,
      Rng rng) {
    NativeTensor q = NativeTensor.of(queries);
    NativeTensor k = NativeTensor.of(keys);
    NativeTensor v = NativeTensor.of(values);
    Operands.requireActivation("attention", "q", q, DType.F16);
    Operands.requireLike("attention", "q", q, "k", k);
    Operands.requireLike("attention", "q", q, "v", v);
    Operands.requireRank("attention", "q", q, 3);
    long tokens = lengths.tokens();
    long heads = q.size(1);
    long headDim = q.size(2);
    if (q.size(0) != tokens) {
      throw new IllegalArgumentException(
          "attention: q has shape "
              + q.shape()
              + ", the sequences have "
              + tokens
              + " tokens together");
    }
    Operands.requireShape("attention", "k", k, tokens, heads, headDim);
    Operands.requireShape("attention", "v", v, tokens, heads, headDim);
    if (headDim < 1 || headDim > MAX_HEAD_DIM) {
      throw new IllegalArgumentException(
          "attention: the head size is " + headDim + ", at most " + MAX_HEAD_DIM);
    }
    Operands.requireProbability("attention", p);
    long seed = p > 0 ? rng.seed() : 0;
    long offset = p > 0 ? rng.next() : 0;
    int[] cuSeqlens = lengths.cuSeqlens();
    NativeTensor y = q.allocateLike(q.dtype(), q.shape());
    NativeTensor lse =
        Tape.records(q, k, v) ? q.allocateLike(DType.F32, Shape.of(heads, tokens)) : null;
    Native.check(
        Kernels.jb_attention_forward(
            q.context(),
            q.dtype().ordinal(),
            y.address(),
            cuSeqlens,
            arguments(q, k, v, lse, cuSeqlens, window, scale, p, seed, offset)));
    Tape.record(
        "attention",
        y,
        list(q, k, v),
        list(q, k, v, y, lse),
        (dy, saved, gradients) -> {
          NativeTensor dq = dy.allocateLike(dy.dtype(), dy.shape());
          NativeTensor dk = dy.allocateLike(dy.dtype(), dy.shape());
          NativeTensor dv = dy.allocateLike(dy.dtype(), dy.shape());
          Native.check(
              Kernels.jb_attention_backward(
                  dy.context(),
                  dy.dtype().ordinal(),
                  dq.address(),
                  dk.address(),
                  dv.address(),
                  dy.address(),
                  saved[3].address(),
                  cuSeqlens,
                  arguments(
                      saved[0], saved[1], saved[2], saved[4], cuSeqlens, window, scale, p, seed,
                      offset)));
          gradients.add(0, dq);
          gradients.add(1, dk);
          gradients.add(2, dv);
        });
    return y;
  }

  /**
   * Turns each pair (i, i + headDim / 2) of x [tokens, heads, headDim] by an angle that grows with
   * the position.
   */
  public static Tensor rotary(Tensor operand, Tensor positions, float base) {
    NativeTensor x = NativeTensor.of(operand);
    NativeTensor ids = NativeTensor.of(positions);
    Operands.requireActivation("rotary", "x", x, DType.F16);
    Operands.requireRank("rotary", "x", x, 3);
    Operands.requireType("rotary", "the positions", ids, DType.I32);
    Operands.requireOneDevice("rotary", x, ids);
    Operands.requireShape("rotary", "the positions", ids, x.size(0));
    if (x.size(2) % 2 != 0) {
      throw new IllegalArgumentException("rotary: the head size of shape " + x.shape() + " is odd");
    }
    NativeTensor y = turned(x, ids, base, 0);
    Tape.record(
        "rotary",
        y,
        list(x),
        list(ids),
        (dy, saved, gradients) -> gradients.add(0, turned(dy, saved[0], base, 1)));
    return y;
  }

  private static NativeTensor turned(NativeTensor x, NativeTensor ids, float base, int inverse) {
    NativeTensor y = x.allocateLike(x.dtype(), x.shape());
    y.copyFrom(x);
    long heads = x.size(1);
    long headDim = x.size(2);
    Native.check(
        Kernels.jb_rotary(
            x.context(),
            x.dtype().ordinal(),
            y.address(),
            ids.address(),
            x.size(0),
            heads,
            headDim,
            base,
            inverse));
    return y;
  }
}
