package io.github.jaubert.internal.ops;

import static io.github.jaubert.internal.ops.Operands.list;

import io.github.jaubert.internal.binding.Arguments;
import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.internal.binding.Native;
import io.github.jaubert.internal.tape.Gradients.Target;
import io.github.jaubert.internal.tape.NativeTensor;
import io.github.jaubert.internal.tape.Tape;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;
import java.util.Arrays;

/** Products of matrices, single and in batches. */
public final class MatmulOps {
  /** The fields of {@code jb_matmul_args}, in their order. */
  private enum Field {
    TRANSPOSE_A,
    TRANSPOSE_B,
    M,
    N,
    K,
    ALPHA,
    BETA,
    BATCH,
    STRIDE_A,
    STRIDE_B,
    STRIDE_C;

    static final int COUNT = values().length;
  }

  private MatmulOps() {}

  /** The product over the last two axes, the others broadcast. */
  public static Tensor matmul(Tensor left, Tensor right) {
    Tensor a = Operands.wide(left);
    Tensor b = Operands.wide(right);
    if (a.rank() == 0 || b.rank() == 0) {
      throw new IllegalArgumentException(
          "matmul: a " + a.shape() + " and b " + b.shape() + ": an operand has no axes");
    }
    if (a.rank() == 1) {
      return ShapeOps.squeeze(matmul(ShapeOps.unsqueeze(a, 0), b), -(b.rank() == 1 ? 1 : 2));
    }
    if (b.rank() == 1) {
      return ShapeOps.squeeze(matmul(a, ShapeOps.unsqueeze(b, 1)), -1);
    }
    long m = a.size(-2);
    long k = a.size(-1);
    long n = b.size(-1);
    if (b.size(-2) != k) {
      throw new IllegalArgumentException(
          "matmul: a "
              + a.shape()
              + " and b "
              + b.shape()
              + ": inner sizes "
              + k
              + " and "
              + b.size(-2)
              + " differ");
    }
    if (a.rank() == 2 && b.rank() == 2) {
      return product(a, b, 1);
    }
    if (b.rank() == 2) {
      Shape result = a.shape().with(-1, n);
      Tensor rows = ShapeOps.reshape(a, Operands.rows(NativeTensor.of(a)), k);
      return ShapeOps.reshape(product(rows, b, 1), result.toArray());
    }
    Shape batch = Broadcasting.shape("matmul", leading(a), leading(b));
    Tensor lefts = ShapeOps.reshape(ShapeOps.expand(a, append(batch, m, k)), batch.numel(), m, k);
    Tensor rights = ShapeOps.reshape(ShapeOps.expand(b, append(batch, k, n)), batch.numel(), k, n);
    return ShapeOps.reshape(product(lefts, rights, batch.numel()), append(batch, m, n).toArray());
  }

  private static Shape leading(Tensor x) {
    return Shape.of(Arrays.copyOf(x.shape().toArray(), x.rank() - 2));
  }

  private static Shape append(Shape batch, long rows, long columns) {
    long[] sizes = Arrays.copyOf(batch.toArray(), batch.rank() + 2);
    sizes[batch.rank()] = rows;
    sizes[batch.rank() + 1] = columns;
    return Shape.of(sizes);
  }

  /** [m, k] x [k, n], or that for each of {@code batch} matrices: [batch, m, k] x [batch, k, n]. */
  private static Tensor product(Tensor left, Tensor right, long batch) {
    NativeTensor a = NativeTensor.of(left);
    NativeTensor b = NativeTensor.of(right);
    Operands.requireFloat("matmul", a, b);
    long m = a.size(-2);
    long k = a.size(-1);
    long n = b.size(-1);
    NativeTensor y = a.allocateLike(DType.F32, a.shape().with(-1, n));
    multiply(y.address(), a, false, b, false, m, n, k, false, batch);
    if (!Tape.records(a, b)) {
      return y;
    }
    Tape.record(
        "matmul",
        y,
        list(a, b),
        list(a, b),
        (dy, saved, gradients) -> {
          Target da = gradients.target(0);
          if (da.address() != 0) {
            multiply(da.address(), dy, false, saved[1], true, m, k, n, da.accumulate(), batch);
          }
          Target db = gradients.target(1);
          if (db.address() != 0) {
            multiply(db.address(), saved[0], true, dy, false, k, n, m, db.accumulate(), batch);
          }
        });
    return y;
  }

  private static void multiply(
      long y,
      NativeTensor a,
      boolean transposeA,
      NativeTensor b,
      boolean transposeB,
      long m,
      long n,
      long k,
      boolean accumulate,
      long batch) {
    Native.check(
        Kernels.jb_matmul(
            a.context(),
            y,
            a.address(),
            b.address(),
            Arguments.begin(Field.COUNT)
                .set(Field.TRANSPOSE_A, transposeA ? 1 : 0)
                .set(Field.TRANSPOSE_B, transposeB ? 1 : 0)
                .set(Field.M, m)
                .set(Field.N, n)
                .set(Field.K, k)
                .set(Field.ALPHA, 1.0)
                .set(Field.BETA, accumulate ? 1.0 : 0.0)
                .set(Field.BATCH, batch)
                .set(Field.STRIDE_A, m * k)
                .set(Field.STRIDE_B, k * n)
                .set(Field.STRIDE_C, m * n)
                .address()));
  }
}
