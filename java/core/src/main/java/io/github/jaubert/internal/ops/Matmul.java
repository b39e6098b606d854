package io.github.jaubert.internal.ops;

import static io.github.jaubert.internal.ops.Operands.list;

import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.internal.binding.Native;
import io.github.jaubert.internal.engine.Gradients.Target;
import io.github.jaubert.internal.engine.NativeTensor;
import io.github.jaubert.internal.engine.Tape;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;
import java.util.Arrays;

/** Products of matrices, single and in batches. */
public final class Matmul {
  private Matmul() {}

  /** The product over the last two axes, the others broadcast. */
  public static Tensor matmul(Tensor left, Tensor right) {
    Tensor a = Operands.wide(left);
    Tensor b = Operands.wide(right);
    if (a.rank() == 0 || b.rank() == 0) {
      throw new IllegalArgumentException(
          "matmul: a " + a.shape() + " and b " + b.shape() + ": an operand has no axes");
    }
    if (a.rank() == 1) {
      return Shaping.squeeze(matmul(Shaping.unsqueeze(a, 0), b), -(b.rank() == 1 ? 1 : 2));
    }
    if (b.rank() == 1) {
      return Shaping.squeeze(matmul(a, Shaping.unsqueeze(b, 1)), -1);
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
      Tensor rows = Shaping.reshape(a, Operands.rows(NativeTensor.of(a)), k);
      return Shaping.reshape(product(rows, b, 1), result.toArray());
    }
    Shape batch = Broadcasting.shape("matmul", leading(a), leading(b));
    Tensor lefts = Shaping.reshape(Shaping.expand(a, append(batch, m, k)), batch.numel(), m, k);
    Tensor rights = Shaping.reshape(Shaping.expand(b, append(batch, k, n)), batch.numel(), k, n);
    return Shaping.reshape(product(lefts, rights, batch.numel()), append(batch, m, n).toArray());
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
            transposeA ? 1 : 0,
            transposeB ? 1 : 0,
            m,
            n,
            k,
            1,
            accumulate ? 1 : 0,
            batch,
            m * k,
            k * n,
            m * n));
  }
}
