package io.github.jaubert.internal.ops;

import static io.github.jaubert.internal.ops.Operands.list;

import io.github.jaubert.internal.binding.Arguments;
import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.internal.binding.Native;
import io.github.jaubert.internal.tape.Gradients.Target;
import io.github.jaubert.internal.tape.NativeTensor;
import io.github.jaubert.internal.tape.Tape;
import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;

/** The linear layer with its bias and activation in one operation. */
public final class LinearOps {
  /** The fields of {@code jb_linear_args}, in their order. */
  enum Field {
    WEIGHT,
    BIAS,
    PREACTIVATION,
    ROWS,
    OUT,
    IN,
    ACTIVATION,
    ACCUMULATE,
    X_ACTIVATION,
    X_PREACTIVATION;

    static final int COUNT = values().length;
  }

  private LinearOps() {}

  /** Of a layer with {@code weight} [out, in] over {@code rows} rows. */
  static Arguments arguments(NativeTensor weight, long rows) {
    return Arguments.begin(Field.COUNT)
        .set(Field.WEIGHT, weight.address())
        .set(Field.ROWS, rows)
        .set(Field.OUT, weight.size(0))
        .set(Field.IN, weight.size(1));
  }

  /**
   * {@code activation(x W^T + bias)}: x [..., in], W [out, in], bias [out] or null.
   *
   * @param activation a {@code JB_ACT_...} constant
   */
  public static Tensor linear(Tensor operand, Tensor weights, Tensor biases, int activation) {
    NativeTensor x = NativeTensor.of(operand);
    NativeTensor weight = NativeTensor.of(weights);
    NativeTensor bias = biases == null ? null : NativeTensor.of(biases);
    requireFitting("linear", x.shape(), x, weight, bias);
    long out = weight.size(0);
    long rows = Operands.rows(x);
    Shape shape = x.shape().with(-1, out);
    NativeTensor factor = CastOps.copyOrSelf(weight, x.dtype());
    NativeTensor y = x.allocateLike(x.dtype(), shape);
    boolean keepsInput = Tape.records(x, weight, bias) && needsPreactivation(activation);
    NativeTensor preactivation = keepsInput ? x.allocateLike(x.dtype(), shape) : null;
    forward(y, preactivation, x, factor, bias, activation);
    NativeTensor forBackward = activation == Kernels.JB_ACT_TANH ? y : preactivation;
    Tape.record(
        "linear",
        y,
        list(x, weight, bias),
        list(x, factor, forBackward),
        (dy, saved, gradients) -> {
          // In the order in which the kernel writes: an operand given twice is added to at last.
          Target dbias = gradients.target(2);
          Target dx = gradients.target(0);
          Target dweight = gradients.target(1);
          NativeTensor scratch = saved[2] == null ? null : dy.allocateLike(dy.dtype(), shape);
          Native.check(
              Kernels.jb_linear_backward(
                  dy.context(),
                  dy.dtype().ordinal(),
                  dx.address(),
                  dweight.address(),
                  dbias.address(),
                  Operands.addressOrNull(scratch),
                  dy.address(),
                  saved[0].address(),
                  arguments(saved[1], rows)
                      .set(Field.PREACTIVATION, Operands.addressOrNull(saved[2]))
                      .set(Field.ACTIVATION, activation)
                      .set(Field.ACCUMULATE, accumulate(dx, dweight, dbias))
                      .address()));
        });
    if (factor != weight) {
      factor.close();
    }
    return y;
  }

  /**
   * Computes {@code y}, and leaves what went into the activation where that is not null; {@code
   * weight} has the type of {@code x}.
   */
  static void forward(
      NativeTensor y,
      NativeTensor preactivation,
      NativeTensor x,
      NativeTensor weight,
      NativeTensor bias,
      int activation) {
    Native.check(
        Kernels.jb_linear_forward(
            x.context(),
            x.dtype().ordinal(),
            y.address(),
            x.address(),
            arguments(weight, Operands.rows(x))
                .set(Field.BIAS, Operands.addressOrNull(bias))
                .set(Field.PREACTIVATION, Operands.addressOrNull(preactivation))
                .set(Field.ACTIVATION, activation)
                .address()));
  }

  /**
   * Checks that a layer fits an input of shape {@code input}, which may be that of x or not yet
   * computed.
   */
  static void requireFitting(
      String operation, Shape input, NativeTensor x, NativeTensor weight, NativeTensor bias) {
    Operands.requireActivation(operation, "x", x);
    // A weight that needs no gradient may have x's type already: it is taken as it is.
    boolean isReady = weight.dtype() == x.dtype() && !weight.requiresGrad();
    Operands.requireParameters(operation, x, isReady ? null : weight, bias);
    Operands.requireOneDevice(operation, x, weight);
    Operands.requireRank(operation, "the weight", weight, 2);
    long in = weight.size(1);
    if (input.rank() == 0 || input.size(-1) != in) {
      throw new IllegalArgumentException(
          operation
              + ": x "
              + input
              + " and weight "
              + weight.shape()
              + " [out, in]: the last axis of x must have size "
              + in);
    }
    if (bias != null) {
      Operands.requireShape(operation, "the bias", bias, weight.size(0));
    }
  }

  /** The flags of {@code jb_linear_backward} for gradients that are there already. */
  static int accumulate(Target dx, Target dweight, Target dbias) {
    return dx.flag(Kernels.JB_ADD_TO_DX)
        | dweight.flag(Kernels.JB_ADD_TO_DWEIGHT)
        | dbias.flag(Kernels.JB_ADD_TO_DBIAS);
  }

  /** Whether backward needs what went into the activation, rather than its result. */
  static boolean needsPreactivation(int activation) {
    return activation != Kernels.JB_NO_ACTIVATION && activation != Kernels.JB_ACT_TANH;
  }
}
