package io.github.jaubert.operations;

import io.github.jaubert.reference.Functions;
import io.github.jaubert.reference.NdArray;
import io.github.jaubert.reference.Rounding;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Functions of single elements: of one value, of two with broadcasting, comparisons, selection,
 * conversion.
 */
final class ElementwiseCases {
  private static final int[][] SHAPES = {
    {}, {1}, {7}, {31}, {33}, {65}, {5, 13}, {2, 3, 17}, {0}, {3, 0}
  };
  private static final int[][][] PAIRS = {
    {{5, 13}, {5, 13}},
    {{5, 13}, {13}},
    {{5, 1}, {1, 13}},
    {{2, 3, 17}, {3, 1}},
    {{3, 1, 5}, {2, 1, 4, 1}},
    {{33}, {}},
    {{}, {31}},
    {{}, {}},
    {{1}, {65}},
    {{0}, {1}},
    {{3, 0}, {3, 1}},
    {{65, 129}, {129}},
  };

  private final List<OperationCase> cases = new ArrayList<>();

  private ElementwiseCases() {}

  static List<OperationCase> cases() {
    ElementwiseCases table = new ElementwiseCases();
    table.functionsOfOne();
    table.functionsOfOneAndNumber();
    table.functionsOfTwo();
    table.comparisons();
    table.logic();
    table.selection();
    table.conversions();
    return table.cases;
  }

  private void unary(
      String method,
      Function<int[], Input> input,
      UnaryOperator<Tensor> operation,
      DoubleUnaryOperator reference) {
    for (int[] shape : SHAPES) {
      unary(method, "", input.apply(shape), operation, reference);
    }
    unary(method, "", input.apply(new int[] {20_011}), operation, reference);
  }

  private void unary(
      String method,
      String variant,
      Input input,
      UnaryOperator<Tensor> operation,
      DoubleUnaryOperator reference) {
    cases.add(
        OperationCase.of(
                method, List.of(input), t -> operation.apply(t[0]), x -> x[0].map(reference))
            .with(variant));
  }

  private void functionsOfOne() {
    Function<int[], Input> positive = shape -> Input.uniform(0.3, 3, shape);
    unary("Tensor.neg()", Input::normal, Tensor::neg, v -> -v);
    unary("Tensor.abs()", Input::awayFromZero, Tensor::abs, Math::abs);
    unary("Tensor.exp()", Input::normal, Tensor::exp, Math::exp);
    unary("Tensor.log()", positive, Tensor::log, Math::log);
    unary("Tensor.sqrt()", positive, Tensor::sqrt, Math::sqrt);
    unary("Tensor.rsqrt()", positive, Tensor::rsqrt, v -> 1 / Math.sqrt(v));
    unary("Tensor.square()", Input::normal, Tensor::square, v -> v * v);
    unary("Tensor.sin()", shape -> Input.uniform(-20, 20, shape), Tensor::sin, Math::sin);
    unary("Tensor.cos()", shape -> Input.uniform(-20, 20, shape), Tensor::cos, Math::cos);
    unary("Tensor.tanh()", shape -> Input.uniform(-6, 6, shape), Tensor::tanh, Math::tanh);
    unary(
        "Tensor.sigmoid()",
        shape -> Input.uniform(-8, 8, shape),
        Tensor::sigmoid,
        Functions::sigmoid);
    unary("Tensor.erf()", shape -> Input.uniform(-4, 4, shape), Tensor::erf, Functions::erf);
    unary("Tensor.relu()", Input::awayFromZero, Tensor::relu, Functions::relu);
    unary(
        "Tensor.softplus()",
        shape -> Input.uniform(-30, 30, shape),
        Tensor::softplus,
        Functions::softplus);
    unary("Tensor.sign()", Input::awayFromZero, Tensor::sign, Math::signum);
    // Its derivative is 0 only between the integers.
    unary("Tensor.floor()", shape -> Input.uniform(2.1, 2.9, shape), Tensor::floor, Math::floor);
    unary("Tensor.floor()", "negative", Input.uniform(-1.9, -1.1, 35), Tensor::floor, Math::floor);
  }

  private void functionsOfOneAndNumber() {
    for (int[] shape : SHAPES) {
      Input x = Input.normal(shape);
      unary("Tensor.add(float)", "", x, t -> t.add(1.5f), v -> v + 1.5);
      unary("Tensor.sub(float)", "", x, t -> t.sub(1.5f), v -> v - 1.5);
      unary("Tensor.mul(float)", "", x, t -> t.mul(-1.5f), v -> v * -1.5);
      unary("Tensor.div(float)", "", x, t -> t.div(-2.5f), v -> v / -2.5);
      unary(
          "Tensor.clamp(float, float)",
          "",
          Input.uniform(-2, 2, shape),
          t -> t.clamp(-0.7f, 1.1f),
          v -> Math.max(-0.7f, Math.min(1.1f, v)));
    }
    for (float exponent : new float[] {0, 0.5f, 1, 2.5f, -0.5f, -2}) {
      for (int[] shape : SHAPES) {
        unary(
            "Tensor.pow(float)",
            "to the power " + exponent,
            Input.uniform(0.3, 3, shape),
            t -> t.pow(exponent),
            v -> Math.pow(v, exponent));
      }
    }
    for (float exponent : new float[] {2, 3, -1}) {
      unary(
          "Tensor.pow(float)",
          "of either sign to the power " + exponent,
          Input.awayFromZero(67),
          t -> t.pow(exponent),
          v -> Math.pow(v, exponent));
    }
  }

  private void binary(
      String method,
      Function<int[], Input> left,
      Function<int[], Input> right,
      BinaryOperator<Tensor> operation,
      DoubleBinaryOperator reference) {
    for (int[][] pair : PAIRS) {
      cases.add(
          OperationCase.of(
              "Tensor." + method + "(Tensor)",
              List.of(left.apply(pair[0]), right.apply(pair[1])),
              t -> operation.apply(t[0], t[1]),
              x -> NdArray.zip(x[0], x[1], reference)));
    }
  }

  private void functionsOfTwo() {
    Function<int[], Input> positive = shape -> Input.uniform(0.3, 3, shape);
    binary("add", Input::normal, Input::normal, Tensor::add, (a, b) -> a + b);
    binary("sub", Input::normal, Input::normal, Tensor::sub, (a, b) -> a - b);
    binary("mul", Input::normal, Input::normal, Tensor::mul, (a, b) -> a * b);
    binary("div", Input::normal, Input::awayFromZero, Tensor::div, (a, b) -> a / b);
    binary("pow", positive, Input::normal, Tensor::pow, Math::pow);
    binary("maximum", Input::normal, Input::normal, Tensor::maximum, Math::max);
    binary("minimum", Input::normal, Input::normal, Tensor::minimum, Math::min);
    for (DType dtype : List.of(DType.I32, DType.I64)) {
      integers(dtype, "add", Tensor::add, (a, b) -> a + b);
      integers(dtype, "sub", Tensor::sub, (a, b) -> a - b);
      integers(dtype, "mul", Tensor::mul, (a, b) -> a * b);
      integers(dtype, "maximum", Tensor::maximum, Math::max);
      integers(dtype, "minimum", Tensor::minimum, Math::min);
    }
  }

  private void integers(
      DType dtype,
      String method,
      BinaryOperator<Tensor> operation,
      DoubleBinaryOperator reference) {
    for (int[][] pair : PAIRS) {
      cases.add(
          OperationCase.of(
                  "Tensor." + method + "(Tensor)",
                  List.of(
                      Input.integers(dtype, -1000, 1000, pair[0]),
                      Input.integers(dtype, -1000, 1000, pair[1])),
                  t -> operation.apply(t[0], t[1]),
                  x -> NdArray.zip(x[0], x[1], reference))
              .giving(dtype));
    }
  }

  /** A relation of two numbers. */
  private interface Relation {
    boolean holds(double a, double b);
  }

  private void comparisons() {
    comparison("eq", Tensor::eq, (a, b) -> a == b);
    comparison("ne", Tensor::ne, (a, b) -> a != b);
    comparison("lt", Tensor::lt, (a, b) -> a < b);
    comparison("le", Tensor::le, (a, b) -> a <= b);
    comparison("gt", Tensor::gt, (a, b) -> a > b);
    comparison("ge", Tensor::ge, (a, b) -> a >= b);
  }

  private void comparison(String method, BinaryOperator<Tensor> operation, Relation relation) {
    List<Function<int[], Input>> types =
        List.of(
            Input::wholeFloats,
            shape -> Input.integers(DType.I32, -2, 3, shape),
            shape -> Input.integers(DType.I64, -2, 3, shape),
            Input::booleans);
    for (Function<int[], Input> type : types) {
      logical(method, type, operation, relation);
    }
  }

  private void logical(
      String method,
      Function<int[], Input> type,
      BinaryOperator<Tensor> operation,
      Relation relation) {
    for (int[][] pair : PAIRS) {
      cases.add(
          OperationCase.of(
                  "Tensor." + method + "(Tensor)",
                  List.of(type.apply(pair[0]), type.apply(pair[1])),
                  t -> operation.apply(t[0], t[1]),
                  x -> NdArray.zip(x[0], x[1], (a, b) -> relation.holds(a, b) ? 1 : 0))
              .giving(DType.BOOL));
    }
  }

  private void logic() {
    logical("and", Input::booleans, Tensor::and, (a, b) -> a != 0 && b != 0);
    logical("or", Input::booleans, Tensor::or, (a, b) -> a != 0 || b != 0);
    for (int[] shape : SHAPES) {
      cases.add(
          OperationCase.of(
                  "Tensor.not()",
                  List.of(Input.booleans(shape)),
                  t -> t[0].not(),
                  x -> x[0].map(v -> 1 - v))
              .giving(DType.BOOL));
    }
  }

  private void selection() {
    int[][][] shapes = {
      {{5, 13}, {5, 13}, {5, 13}},
      {{13}, {5, 1}, {}},
      {{}, {33}, {33}},
      {{2, 3, 1}, {3, 7}, {2, 1, 7}},
      {{3, 0}, {1}, {3, 1}},
    };
    for (int[][] shape : shapes) {
      cases.add(where(Input.booleans(shape[0]), Input.normal(shape[1]), Input.normal(shape[2])));
      cases.add(
          where(
                  Input.booleans(shape[0]),
                  Input.integers(DType.I32, -9, 9, shape[1]),
                  Input.integers(DType.I32, -9, 9, shape[2]))
              .giving(DType.I32));
      cases.add(
          OperationCase.of(
              "Tensor.maskedFill(Tensor, float)",
              List.of(Input.normal(shape[1]), Input.booleans(shape[0])),
              t -> t[0].maskedFill(t[1], -7.5f),
              x -> NdArray.zip(x[0], x[1], (v, masked) -> masked != 0 ? -7.5 : v)));
    }
  }

  private static OperationCase where(Input condition, Input a, Input b) {
    return OperationCase.of(
        "Tensor.where(Tensor, Tensor, Tensor)",
        List.of(condition, a, b),
        t -> Tensor.where(t[0], t[1], t[2]),
        x -> {
          int[] both = NdArray.broadcast(x[1].shape(), x[2].shape());
          int[] shape = NdArray.broadcast(x[0].shape(), both);
          return NdArray.generate(
              shape, i -> (x[0].atBroadcast(i) != 0 ? x[1] : x[2]).atBroadcast(i));
        });
  }

  private void conversions() {
    for (DType from : List.of(DType.F32, DType.I32, DType.I64, DType.BOOL)) {
      for (DType to : DType.values()) {
        Input input =
            switch (from) {
              case F32 -> Input.uniform(-300, 300, 5, 13);
              case BOOL -> Input.booleans(5, 13);
              default -> Input.integers(from, -300, 300, 5, 13);
            };
        OperationCase conversion =
            OperationCase.of(
                    "Tensor.to(DType)",
                    List.of(input),
                    t -> t[0].to(to),
                    x -> x[0].map(rounding(to)))
                .with("to " + to)
                .tolerance(0);
        cases.add(
            from == DType.F32 && to == DType.F32
                ? conversion.tolerance(1e-6)
                : conversion.giving(to));
      }
    }
    for (DType narrow : List.of(DType.BF16, DType.F16)) {
      cases.add(
          OperationCase.of(
                  "Tensor.to(DType)",
                  List.of(Input.normal(2, 37)),
                  t -> t[0].to(narrow).to(DType.F32),
                  x -> x[0].map(rounding(narrow)))
              .with("to " + narrow + " and back")
              .tolerance(0)
              .withoutGradient());
      cases.add(
          OperationCase.of(
                  "Tensor.to(DType)", List.of(Input.normal(0)), t -> t[0].to(narrow), x -> x[0])
              .with("to " + narrow)
              .giving(narrow));
    }
  }

  private static DoubleUnaryOperator rounding(DType to) {
    return switch (to) {
      case F32 -> v -> v;
      case BF16 -> Rounding::toBfloat16;
      case F16 -> Rounding::toFloat16;
      case I32, I64 -> v -> (long) v;
      case BOOL -> v -> v != 0 ? 1 : 0;
    };
  }
}
