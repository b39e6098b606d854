package io.github.jaubert.internal.ops;

import static io.github.jaubert.internal.ops.Operands.list;

import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.internal.binding.Native;
import io.github.jaubert.internal.tape.Gradients;
import io.github.jaubert.internal.tape.NativeTensor;
import io.github.jaubert.internal.tape.Tape;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;

/** Arithmetic on single elements: functions of one and of two values. */
public final class ElementwiseOps {
  private ElementwiseOps() {}

  // ---- functions of one value ----

  /** What the derivative of a function is computed from. */
  private enum Saves {
    NOTHING,
    INPUT,
    OUTPUT
  }

  private static Tensor unary(
      String name, int op, Saves saves, Tensor operand, float alpha, float beta) {
    NativeTensor x = Operands.wide(operand);
    Operands.requireFloat(name, x);
    NativeTensor y = x.allocateLike(DType.F32, x.shape());
    Native.check(
        Kernels.jb_unary_forward(
            x.context(), op, y.address(), x.address(), x.numel(), alpha, beta));
    if (!Tape.records(x)) {
      return y;
    }
    NativeTensor[] saved = list(saves == Saves.INPUT ? x : saves == Saves.OUTPUT ? y : null);
    Tape.record(
        name,
        y,
        list(x),
        saved,
        (dy, kept, gradients) -> {
          NativeTensor dx = dy.allocateLike(DType.F32, dy.shape());
          long keptInput = saves == Saves.INPUT ? kept[0].address() : 0;
          long keptOutput = saves == Saves.OUTPUT ? kept[0].address() : 0;
          Native.check(
              Kernels.jb_unary_backward(
                  dy.context(),
                  op,
                  dx.address(),
                  dy.address(),
                  keptInput,
                  keptOutput,
                  dy.numel(),
                  alpha,
                  beta));
          gradients.add(0, dx);
        });
    return y;
  }

  private static Tensor unary(String name, int op, Saves saves, Tensor x) {
    return unary(name, op, saves, x, 0, 0);
  }

  /** One whose result has the type of its operand. */
  private static Tensor activation(String name, int op, Saves saves, Tensor x) {
    return CastOps.cast(unary(name, op, saves, x), x.dtype());
  }

  /** {@code alpha * x + beta}. */
  public static Tensor affine(Tensor x, float alpha, float beta) {
    return unary("affine", Kernels.JB_AFFINE, Saves.NOTHING, x, alpha, beta);
  }

  /** {@code x / divisor}, each quotient rounded once. */
  public static Tensor divide(Tensor x, float divisor) {
    return unary("div", Kernels.JB_DIVIDE, Saves.NOTHING, x, divisor, 0);
  }

  /** {@code x ^ exponent}. */
  public static Tensor pow(Tensor x, float exponent) {
    return unary("pow", Kernels.JB_POW, Saves.INPUT, x, exponent, 0);
  }

  /** {@code x} held between two bounds. */
  public static Tensor clamp(Tensor x, float min, float max) {
    if (!(min <= max)) {
      throw new IllegalArgumentException(
          "clamp: the lower bound " + min + " is not below the upper bound " + max);
    }
    return unary("clamp", Kernels.JB_CLAMP, Saves.INPUT, x, min, max);
  }

  /** {@code |x|}. */
  public static Tensor abs(Tensor x) {
    return unary("abs", Kernels.JB_ABS, Saves.INPUT, x);
  }

  /** The sign. */
  public static Tensor sign(Tensor x) {
    return unary("sign", Kernels.JB_SIGN, Saves.NOTHING, x);
  }

  /** The largest integer not above. */
  public static Tensor floor(Tensor x) {
    return unary("floor", Kernels.JB_FLOOR, Saves.NOTHING, x);
  }

  /** {@code e^x}. */
  public static Tensor exp(Tensor x) {
    return unary("exp", Kernels.JB_EXP, Saves.OUTPUT, x);
  }

  /** The natural logarithm. */
  public static Tensor log(Tensor x) {
    return unary("log", Kernels.JB_LOG, Saves.INPUT, x);
  }

  /** The square root. */
  public static Tensor sqrt(Tensor x) {
    return unary("sqrt", Kernels.JB_SQRT, Saves.OUTPUT, x);
  }

  /** One over the square root. */
  public static Tensor rsqrt(Tensor x) {
    return unary("rsqrt", Kernels.JB_RSQRT, Saves.OUTPUT, x);
  }

  /** The sine. */
  public static Tensor sin(Tensor x) {
    return unary("sin", Kernels.JB_SIN, Saves.INPUT, x);
  }

  /** The cosine. */
  public static Tensor cos(Tensor x) {
    return unary("cos", Kernels.JB_COS, Saves.INPUT, x);
  }

  /** The hyperbolic tangent. */
  public static Tensor tanh(Tensor x) {
    return unary("tanh", Kernels.JB_TANH, Saves.OUTPUT, x);
  }

  /** The logistic function. */
  public static Tensor sigmoid(Tensor x) {
    return unary("sigmoid", Kernels.JB_SIGMOID, Saves.OUTPUT, x);
  }

  /** The error function. */
  public static Tensor erf(Tensor x) {
    return unary("erf", Kernels.JB_ERF, Saves.INPUT, x);
  }

  /** {@code max(x, 0)}. */
  public static Tensor relu(Tensor x) {
    return activation("relu", Kernels.JB_RELU, Saves.OUTPUT, x);
  }

  /** {@code x * Phi(x)}, by the error function. */
  public static Tensor gelu(Tensor x) {
    return activation("gelu", Kernels.JB_GELU, Saves.INPUT, x);
  }

  /** The tanh approximation of {@link #gelu}. */
  public static Tensor geluTanh(Tensor x) {
    return activation("geluTanh", Kernels.JB_GELU_TANH, Saves.INPUT, x);
  }

  /** {@code x * sigmoid(x)}. */
  public static Tensor silu(Tensor x) {
    return activation("silu", Kernels.JB_SILU, Saves.INPUT, x);
  }

  /** {@code log(1 + e^x)}. */
  public static Tensor softplus(Tensor x) {
    return unary("softplus", Kernels.JB_SOFTPLUS, Saves.INPUT, x);
  }

  // ---- functions of two values ----

  /** A function of two broadcast operands of one type, not recorded. */
  static NativeTensor binary(String name, int op, NativeTensor a, NativeTensor b) {
    if (a.dtype() != b.dtype()) {
      throw new IllegalArgumentException(
          name
              + ": a is "
              + a.summary()
              + " and b is "
              + b.summary()
              + ": the types differ; convert one with to(DType)");
    }
    boolean logical = op >= Kernels.JB_AND;
    boolean comparison = op >= Kernels.JB_EQ && !logical;
    if (logical != (a.dtype() == DType.BOOL) && !comparison) {
      throw new IllegalArgumentException(
          name + ": operands of type " + a.dtype() + " are not supported");
    }
    Operands.requireOneDevice(name, a, b);
    Shape shape = Broadcasting.shape(name, a.shape(), b.shape());
    NativeTensor y = a.allocateLike(comparison ? DType.BOOL : a.dtype(), shape);
    Walk walk = Walk.over(shape);
    Native.check(
        Kernels.jb_binary_forward(
            a.context(),
            op,
            a.dtype().ordinal(),
            y.address(),
            a.address(),
            b.address(),
            walk.rank(),
            walk.sizes(),
            walk.stretched(a.shape()),
            walk.stretched(b.shape())));
    return y;
  }

  /** A product that is not recorded. */
  static NativeTensor multiply(NativeTensor a, NativeTensor b) {
    return binary("mul", Kernels.JB_MUL, a, b);
  }

  private static NativeTensor scaled(NativeTensor x, float factor) {
    return (NativeTensor) affine(x, factor, 0);
  }

  /** Adds a gradient of the stretched shape to an input, summed to the input's own shape. */
  static void addSummed(Gradients gradients, int input, Shape shape, NativeTensor gradient) {
    gradients.add(input, Broadcasting.sumTo(gradient, shape));
  }

  /** {@code a + b}. */
  public static Tensor add(Tensor a, Tensor b) {
    return addSigned("add", Kernels.JB_ADD, 1, a, b);
  }

  /** {@code a - b}. */
  public static Tensor sub(Tensor a, Tensor b) {
    return addSigned("sub", Kernels.JB_SUB, -1, a, b);
  }

  /** {@code a + sign * b}, which is what {@code op} computes. */
  private static Tensor addSigned(String name, int op, int sign, Tensor left, Tensor right) {
    NativeTensor a = Operands.wide(left);
    NativeTensor b = Operands.wide(right);
    NativeTensor y = binary(name, op, a, b);
    if (!Tape.records(a, b)) {
      return y;
    }
    Shape shapeA = a.shape();
    Shape shapeB = b.shape();
    Tape.record(
        name,
        y,
        list(a, b),
        list(),
        (dy, saved, gradients) -> {
          if (gradients.needs(0)) {
            addSummed(gradients, 0, shapeA, dy);
          }
          if (gradients.needs(1)) {
            NativeTensor db = Broadcasting.sumTo(dy, shapeB);
            gradients.add(1, sign == 1 ? db : scaled(db, sign));
          }
        });
    return y;
  }

  /** {@code a * b}. */
  public static Tensor mul(Tensor left, Tensor right) {
    NativeTensor a = Operands.wide(left);
    NativeTensor b = Operands.wide(right);
    NativeTensor y = multiply(a, b);
    if (!Tape.records(a, b)) {
      return y;
    }
    Tape.record(
        "mul",
        y,
        list(a, b),
        list(a, b),
        (dy, saved, gradients) -> {
          if (gradients.needs(0)) {
            addSummed(gradients, 0, saved[0].shape(), multiply(dy, saved[1]));
          }
          if (gradients.needs(1)) {
            addSummed(gradients, 1, saved[1].shape(), multiply(dy, saved[0]));
          }
        });
    return y;
  }

  /** {@code a / b}. */
  public static Tensor div(Tensor left, Tensor right) {
    NativeTensor a = Operands.wide(left);
    NativeTensor b = Operands.wide(right);
    NativeTensor y = binary("div", Kernels.JB_DIV, a, b);
    if (!Tape.records(a, b)) {
      return y;
    }
    Shape shapeA = a.shape();
    Tape.record(
        "div",
        y,
        list(a, b),
        list(b, y),
        (dy, saved, gradients) -> {
          NativeTensor da = binary("div", Kernels.JB_DIV, dy, saved[0]);
          addSummed(gradients, 0, shapeA, da);
          if (gradients.needs(1)) {
            addSummed(gradients, 1, saved[0].shape(), scaled(multiply(da, saved[1]), -1));
          }
        });
    return y;
  }

  /** {@code a ^ b}; the gradient of b is 0 where a is 0. */
  public static Tensor pow(Tensor left, Tensor right) {
    NativeTensor a = Operands.wide(left);
    NativeTensor b = Operands.wide(right);
    NativeTensor y = binary("pow", Kernels.JB_POWER, a, b);
    Operands.requireFloat("pow", a);
    if (!Tape.records(a, b)) {
      return y;
    }
    Tape.record(
        "pow",
        y,
        list(a, b),
        list(a, b, y),
        (dy, saved, gradients) -> {
          if (gradients.needs(0)) {
            NativeTensor lower =
                binary("pow", Kernels.JB_POWER, saved[0], (NativeTensor) affine(saved[1], 1, -1));
            // Of the power 0 the gradient is 0, also where the power -1 is infinite.
            Tensor zero = CreationOps.scalarBeside(dy, 0);
            Tensor slope =
                SelectionOps.where(
                    SelectionOps.eq(saved[1], zero), zero, multiply(saved[1], lower));
            addSummed(gradients, 0, saved[0].shape(), multiply(dy, (NativeTensor) slope));
          }
          if (gradients.needs(1)) {
            Tensor zero = CreationOps.scalarBeside(dy, 0);
            Tensor log = SelectionOps.where(SelectionOps.eq(saved[0], zero), zero, log(saved[0]));
            addSummed(
                gradients,
                1,
                saved[1].shape(),
                multiply(dy, multiply(saved[2], (NativeTensor) log)));
          }
        });
    return y;
  }

  /** The larger of two. */
  public static Tensor maximum(Tensor a, Tensor b) {
    return extremum("maximum", Kernels.JB_MAXIMUM, Kernels.JB_GE, a, b);
  }

  /** The smaller of two. */
  public static Tensor minimum(Tensor a, Tensor b) {
    return extremum("minimum", Kernels.JB_MINIMUM, Kernels.JB_LE, a, b);
  }

  private static Tensor extremum(String name, int op, int firstWins, Tensor left, Tensor right) {
    NativeTensor a = Operands.wide(left);
    NativeTensor b = Operands.wide(right);
    NativeTensor y = binary(name, op, a, b);
    if (!Tape.records(a, b)) {
      return y;
    }
    Tape.record(
        name,
        y,
        list(a, b),
        list(a, b),
        (dy, saved, gradients) -> {
          Tensor fromFirst = binary(name, firstWins, saved[0], saved[1]);
          Tensor zero = CreationOps.scalarBeside(dy, 0);
          addSummed(
              gradients,
              0,
              saved[0].shape(),
              (NativeTensor) SelectionOps.where(fromFirst, dy, zero));
          addSummed(
              gradients,
              1,
              saved[1].shape(),
              (NativeTensor) SelectionOps.where(fromFirst, zero, dy));
        });
    return y;
  }
}
