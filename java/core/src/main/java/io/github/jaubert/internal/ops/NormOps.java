package io.github.jaubert.internal.ops;

import static io.github.jaubert.internal.ops.Operands.list;

import io.github.jaubert.internal.binding.Arguments;
import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.internal.binding.Native;
import io.github.jaubert.internal.tape.Gradients.Target;
import io.github.jaubert.internal.tape.NativeTensor;
import io.github.jaubert.internal.tape.Tape;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;

/**
 * Layer normalisation, alone and behind bias, dropout and residual, and that by the root mean
 * square.
 */
public final class NormOps {
  /** The fields of {@code jb_layernorm_args}, in their order. */
  private enum Field {
    GAMMA,
    BETA,
    MEAN,
    RSTD,
    ROWS,
    HIDDEN,
    EPS,
    ACCUMULATE,
    RESIDUAL,
    BIAS,
    P,
    SEED,
    OFFSET;

    static final int COUNT = values().length;
  }

  private NormOps() {}

  private static Arguments arguments(
      NativeTensor gamma, NativeTensor mean, NativeTensor rstd, long rows, long hidden) {
    return Arguments.begin(Field.COUNT)
        .set(Field.GAMMA, gamma.address())
        .set(Field.MEAN, Operands.addressOrNull(mean))
        .set(Field.RSTD, Operands.addressOrNull(rstd))
        .set(Field.ROWS, rows)
        .set(Field.HIDDEN, hidden);
  }

  /** LayerNorm over the last axis; beta may be null. */
  public static Tensor layerNorm(Tensor operand, Tensor scale, Tensor shift, float eps) {
    NativeTensor x = NativeTensor.of(operand);
    NativeTensor gamma = NativeTensor.of(scale);
    NativeTensor beta = shift == null ? null : NativeTensor.of(shift);
    long hidden = requireVectors("layerNorm", x, gamma, beta, null);
    long rows = Operands.rows(x);
    NativeTensor y = x.allocateLike(x.dtype(), x.shape());
    boolean recorded = Tape.records(x, gamma, beta);
    NativeTensor mean = recorded ? x.allocateLike(DType.F32, Shape.of(rows)) : null;
    NativeTensor rstd = recorded ? x.allocateLike(DType.F32, Shape.of(rows)) : null;
    Native.check(
        Kernels.jb_layernorm_forward(
            x.context(),
            x.dtype().ordinal(),
            y.address(),
            x.address(),
            arguments(gamma, mean, rstd, rows, hidden)
                .set(Field.BETA, Operands.addressOrNull(beta))
                .set(Field.EPS, eps)
                .address()));
    Tape.record(
        "layerNorm",
        y,
        list(x, gamma, beta),
        list(x, mean, rstd, gamma),
        (dy, saved, gradients) -> {
          NativeTensor dx = gradients.needs(0) ? dy.allocateLike(dy.dtype(), dy.shape()) : null;
          Target dgamma = gradients.target(1);
          Target dbeta = gradients.target(2);
          Native.check(
              Kernels.jb_layernorm_backward(
                  dy.context(),
                  dy.dtype().ordinal(),
                  Operands.addressOrNull(dx),
                  dgamma.address(),
                  dbeta.address(),
                  dy.address(),
                  saved[0].address(),
                  arguments(saved[3], saved[1], saved[2], rows, hidden)
                      .set(
                          Field.ACCUMULATE,
                          dgamma.flag(Kernels.JB_ADD_TO_DGAMMA)
                              | dbeta.flag(Kernels.JB_ADD_TO_DBETA))
                      .address()));
          if (dx != null) {
            gradients.add(0, dx);
          }
        });
    return y;
  }

  /** {@code LayerNorm(residual + dropout(x + bias))}; residual, bias and beta may be null. */
  public static Tensor addDropoutLayerNorm(
      Tensor operand,
      Tensor residuals,
      Tensor biases,
      Tensor scale,
      Tensor shift,
      float p,
      float eps,
      Rng rng) {
    NativeTensor x = NativeTensor.of(operand);
    NativeTensor residual = residuals == null ? null : NativeTensor.of(residuals);
    NativeTensor bias = biases == null ? null : NativeTensor.of(biases);
    NativeTensor gamma = NativeTensor.of(scale);
    NativeTensor beta = shift == null ? null : NativeTensor.of(shift);
    long hidden = requireVectors("addDropoutLayerNorm", x, gamma, beta, bias);
    Operands.requireProbability("addDropoutLayerNorm", p);
    if (residual != null) {
      Operands.requireLike("addDropoutLayerNorm", "x", x, "the residual", residual);
      Operands.requireShape("addDropoutLayerNorm", "the residual", residual, x.shape().toArray());
    }
    long rows = Operands.rows(x);
    long seed = p > 0 ? rng.seed() : 0;
    long offset = p > 0 ? rng.next() : 0;
    boolean recorded = Tape.records(x, residual, bias, gamma, beta);
    NativeTensor y = x.allocateLike(x.dtype(), x.shape());
    NativeTensor sum = recorded ? x.allocateLike(x.dtype(), x.shape()) : null;
    NativeTensor mean = recorded ? x.allocateLike(DType.F32, Shape.of(rows)) : null;
    NativeTensor rstd = recorded ? x.allocateLike(DType.F32, Shape.of(rows)) : null;
    Native.check(
        Kernels.jb_add_dropout_layernorm_forward(
            x.context(),
            x.dtype().ordinal(),
            y.address(),
            Operands.addressOrNull(sum),
            x.address(),
            arguments(gamma, mean, rstd, rows, hidden)
                .set(Field.BETA, Operands.addressOrNull(beta))
                .set(Field.EPS, eps)
                .set(Field.RESIDUAL, Operands.addressOrNull(residual))
                .set(Field.BIAS, Operands.addressOrNull(bias))
                .set(Field.P, p)
                .set(Field.SEED, seed)
                .set(Field.OFFSET, offset)
                .address()));
    Tape.record(
        "addDropoutLayerNorm",
        y,
        list(x, residual, bias, gamma, beta),
        list(sum, mean, rstd, gamma),
        (dy, saved, gradients) -> {
          Target dbias = gradients.target(2);
          Target dgamma = gradients.target(3);
          Target dbeta = gradients.target(4);
          boolean needsSum = gradients.needs(0) || gradients.needs(1);
          // Without dropout the gradients of x and of the residual are one.
          NativeTensor dsum = needsSum ? dy.allocateLike(dy.dtype(), dy.shape()) : null;
          NativeTensor dx =
              p > 0 && gradients.needs(0) ? dy.allocateLike(dy.dtype(), dy.shape()) : null;
          Native.check(
              Kernels.jb_add_dropout_layernorm_backward(
                  dy.context(),
                  dy.dtype().ordinal(),
                  Operands.addressOrNull(dx),
                  Operands.addressOrNull(dsum),
                  dbias.address(),
                  dgamma.address(),
                  dbeta.address(),
                  dy.address(),
                  saved[0].address(),
                  arguments(saved[3], saved[1], saved[2], rows, hidden)
                      .set(
                          Field.ACCUMULATE,
                          dbias.flag(Kernels.JB_ADD_TO_DBIAS_LN)
                              | dgamma.flag(Kernels.JB_ADD_TO_DGAMMA)
                              | dbeta.flag(Kernels.JB_ADD_TO_DBETA))
                      .set(Field.P, p)
                      .set(Field.SEED, seed)
                      .set(Field.OFFSET, offset)
                      .address()));
          if (gradients.needs(0)) {
            gradients.add(0, dx != null ? dx : dsum);
          }
          if (gradients.needs(1)) {
            gradients.add(1, dsum);
          }
        });
    return y;
  }

  /** {@code x / sqrt(mean(x^2) + eps) * gamma} over the last axis. */
  public static Tensor rmsNorm(Tensor operand, Tensor scale, float eps) {
    NativeTensor x = NativeTensor.of(operand);
    NativeTensor gamma = NativeTensor.of(scale);
    long hidden = requireVectors("rmsNorm", x, gamma, null, null);
    long rows = Operands.rows(x);
    NativeTensor y = x.allocateLike(x.dtype(), x.shape());
    boolean recorded = Tape.records(x, gamma);
    NativeTensor rstd = recorded ? x.allocateLike(DType.F32, Shape.of(rows)) : null;
    Native.check(
        Kernels.jb_rmsnorm_forward(
            x.context(),
            x.dtype().ordinal(),
            y.address(),
            Operands.addressOrNull(rstd),
            x.address(),
            gamma.address(),
            rows,
            hidden,
            eps));
    Tape.record(
        "rmsNorm",
        y,
        list(x, gamma),
        list(x, rstd, gamma),
        (dy, saved, gradients) -> {
          NativeTensor dx = gradients.needs(0) ? dy.allocateLike(dy.dtype(), dy.shape()) : null;
          Target dgamma = gradients.target(1);
          Native.check(
              Kernels.jb_rmsnorm_backward(
                  dy.context(),
                  dy.dtype().ordinal(),
                  Operands.addressOrNull(dx),
                  dgamma.address(),
                  dy.address(),
                  saved[0].address(),
                  saved[1].address(),
                  saved[2].address(),
                  rows,
                  hidden,
                  dgamma.flag(Kernels.JB_ADD_TO_DGAMMA)));
          if (dx != null) {
            gradients.add(0, dx);
          }
        });
    return y;
  }

  /** Checks that the vectors have one element for each column of x; returns how many. */
  static long requireVectors(
      String name, NativeTensor x, NativeTensor gamma, NativeTensor beta, NativeTensor bias) {
    Operands.requireActivation(name, "x", x);
    Operands.requireParameters(name, x, gamma, beta, bias);
    if (x.rank() == 0) {
      throw new IllegalArgumentException(name + ": x has no axes");
    }
    long hidden = x.size(-1);
    Operands.requireShape(name, "gamma", gamma, hidden);
    if (beta != null) {
      Operands.requireShape(name, "beta", beta, hidden);
    }
    if (bias != null) {
      Operands.requireShape(name, "the bias", bias, hidden);
    }
    return hidden;
  }
}
