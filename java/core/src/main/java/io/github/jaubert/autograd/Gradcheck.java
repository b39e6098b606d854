package io.github.jaubert.autograd;

import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Compares the gradients of a function with differences of its values, for tests of operations with
 * a backward of their own.
 *
 * <p>With a random w, the gradient of {@code sum(w f(x))} by backward is held against its
 * derivative by a central difference of fourth order, {@code (8 (f(x+h) - f(x-h)) - (f(x+2h) -
 * f(x-2h))) / 12h}, at every element of every input that is a floating-point tensor. In single
 * precision that is good to about four digits; so the step h is large, and an input should lie
 * farther than 2h from places where f has a kink.
 *
 * <p>A function that draws from {@link Rng#global()}, such as dropout, draws the same numbers at
 * every evaluation.
 */
public final class Gradcheck {
  /** The step h where an element is at most 1 in size; it grows with the element. */
  private static final double STEP = 0.02;

  /**
   * The largest error accepted, as a share of the derivative, or of the typical derivative if that
   * is larger.
   */
  private static final double TOLERANCE = 2e-3;

  private Gradcheck() {}

  /**
   * Checks a function of one tensor at {@code x}.
   *
   * @throws AssertionError if a gradient is wrong; the message names the worst element
   */
  public static void verify(Function1 function, Tensor x) {
    verify(inputs -> function.apply(inputs.get(0)), List.of(x));
  }

  /**
   * Checks a function of two tensors at {@code a} and {@code b}.
   *
   * @throws AssertionError if a gradient is wrong; the message names the worst element
   */
  public static void verify(Function2 function, Tensor a, Tensor b) {
    verify(inputs -> function.apply(inputs.get(0), inputs.get(1)), List.of(a, b));
  }

  /**
   * Checks a function of any number of tensors; integer inputs are passed on as they are.
   *
   * @throws AssertionError if a gradient is wrong; the message names the worst element
   */
  public static void verify(FunctionN function, List<Tensor> inputs) {
    try (Scope scope = Scope.open()) {
      new Check(function, inputs).run();
    }
  }

  private static final class Check {
    private final FunctionN function;
    private final List<Tensor> leaves = new ArrayList<>();
    private final Rng rng = Rng.global();
    private final long seed = rng.seed();
    private final long offset = rng.offset();
    private float[] weights;

    Check(FunctionN function, List<Tensor> inputs) {
      this.function = function;
      for (Tensor input : inputs) {
        leaves.add(
            input.dtype().isFloatingPoint()
                ? Tensor.of(input.toFloats(), input.shape().toArray())
                    .to(input.device())
                    .requiresGrad(true)
                : input);
      }
    }

    void run() {
      Tensor value = evaluate();
      weights = Tensor.randn(Rng.of(value.numel()), value.numel()).toFloats();
      if (!value.requiresGrad()) {
        throw new AssertionError(
            "the function's value does not depend on an input by recorded operations");
      }
      value.backward(Tensor.of(weights, value.shape().toArray()).to(value.device()));
      for (int i = 0; i < leaves.size(); i++) {
        if (leaves.get(i).requiresGrad()) {
          compare(i, leaves.get(i));
        }
      }
    }

    private Tensor evaluate() {
      rng.restore(seed, offset);
      return function.apply(leaves);
    }

    private void compare(int input, Tensor leaf) {
      double[] expected = differences(leaf);
      float[] found = leaf.grad() == null ? new float[expected.length] : leaf.grad().toFloats();
      double typical = Math.sqrt(Arrays.stream(expected).map(d -> d * d).average().orElse(0));
      int worst = -1;
      double worstRatio = 1;
      for (int i = 0; i < expected.length; i++) {
        double allowed = TOLERANCE * Math.max(Math.abs(expected[i]), typical) + 1e-6;
        double ratio = Math.abs(found[i] - expected[i]) / allowed;
        if (ratio > worstRatio || Double.isNaN(ratio)) {
          worst = i;
          worstRatio = Double.isNaN(ratio) ? Double.POSITIVE_INFINITY : ratio;
        }
      }
      if (worst >= 0) {
        throw new AssertionError(
            "gradient of input %d %s is wrong, worst at %s: backward gives %g, differences give %g"
                .formatted(
                    input,
                    leaf.shape(),
                    Arrays.toString(position(worst, leaf.shape())),
                    found[worst],
                    expected[worst]));
      }
    }

    private double[] differences(Tensor leaf) {
      float[] values = leaf.toFloats();
      double[] result = new double[values.length];
      try (NoGrad off = NoGrad.open()) {
        for (int i = 0; i < values.length; i++) {
          float at = values[i];
          float step = (float) (STEP * Math.max(1, Math.abs(at)));
          double near =
              weightedSum(leaf, values, i, at + step) - weightedSum(leaf, values, i, at - step);
          double far =
              weightedSum(leaf, values, i, at + 2 * step)
                  - weightedSum(leaf, values, i, at - 2 * step);
          result[i] = (8 * near - far) / (12 * step);
          values[i] = at;
        }
        leaf.copyFrom(values);
      }
      return result;
    }

    private double weightedSum(Tensor leaf, float[] values, int index, float value) {
      values[index] = value;
      leaf.copyFrom(values);
      try (Scope scope = Scope.open()) {
        float[] result = evaluate().toFloats();
        double sum = 0;
        for (int i = 0; i < result.length; i++) {
          sum += (double) weights[i] * result[i];
        }
        return sum;
      }
    }

    private static long[] position(long element, Shape shape) {
      long[] position = new long[shape.rank()];
      for (int axis = shape.rank() - 1; axis >= 0; axis--) {
        position[axis] = element % shape.size(axis);
        element /= shape.size(axis);
      }
      return position;
    }
  }
}
