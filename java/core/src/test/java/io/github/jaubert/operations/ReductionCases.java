package io.github.jaubert.operations;

import io.github.jaubert.reference.Functions;
import io.github.jaubert.reference.NdArray;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntToDoubleFunction;
import java.util.function.ToDoubleFunction;
import java.util.function.UnaryOperator;

/** Sums, means, extremes and their places, norms and softmax. */
final class ReductionCases {
  /** Shapes with the axis to reduce. */
  private record Along(int axis, int... shape) {
    int length() {
      return shape[axis < 0 ? axis + shape.length : axis];
    }
  }

  private static final List<Along> ALONG =
      List.of(
          new Along(0, 1),
          new Along(0, 7),
          new Along(-1, 65),
          new Along(0, 31, 33),
          new Along(1, 31, 33),
          new Along(1, 2, 3, 17),
          new Along(-3, 5, 1, 13),
          new Along(2, 2, 67, 1),
          new Along(1, 0, 5),
          new Along(0, 1031, 3),
          new Along(0, 20_011));
  private static final List<Along> EMPTY = List.of(new Along(1, 3, 0), new Along(0, 0));

  /** A sum of n numbers of size 1 passes through sums of size sqrt(n), and rounds them. */
  private static final IntToDoubleFunction SUMS_ON_THE_WAY = Math::sqrt;

  private static final int[][] SHAPES = {{}, {1}, {7}, {31, 33}, {2, 3, 17}, {20_011}};

  private final List<OperationCase> cases = new ArrayList<>();

  private ReductionCases() {}

  static List<OperationCase> cases() {
    ReductionCases table = new ReductionCases();
    table.alongAnAxis();
    table.ofAllElements();
    table.places();
    table.truth();
    table.softmax();
    return table.cases;
  }

  private static double sum(double[] line) {
    return Arrays.stream(line).sum();
  }

  private static double mean(double[] line) {
    return sum(line) / line.length;
  }

  private static double max(double[] line) {
    return Arrays.stream(line).max().orElseThrow();
  }

  private static double min(double[] line) {
    return Arrays.stream(line).min().orElseThrow();
  }

  private static ToDoubleFunction<double[]> variance(int correction) {
    return line -> {
      double mean = mean(line);
      return Arrays.stream(line).map(v -> (v - mean) * (v - mean)).sum()
          / (line.length - correction);
    };
  }

  /** How a reduction along an axis is called. */
  private interface Reduction {
    Tensor of(Tensor x, int axis, boolean keepAxis);
  }

  private void alongAnAxis() {
    IntToDoubleFunction one = count -> 1;
    reduce(
        "sum",
        Input::normal,
        Tensor::sum,
        (x, axis) -> x.sum(axis),
        ReductionCases::sum,
        SUMS_ON_THE_WAY,
        true);
    reduce(
        "mean",
        Input::normal,
        Tensor::mean,
        (x, axis) -> x.mean(axis),
        ReductionCases::mean,
        one,
        false);
    reduce("max", Input::distinct, Tensor::max, null, ReductionCases::max, one, false);
    reduce("min", Input::distinct, Tensor::min, null, ReductionCases::min, one, false);
    for (DType dtype : List.of(DType.I32, DType.I64)) {
      for (Along a : ALONG) {
        Input input = Input.integers(dtype, -1000, 1000, a.shape());
        cases.add(
            along("sum(int)", input, a, (x, axis, keep) -> x.sum(axis), false, ReductionCases::sum)
                .giving(dtype));
        cases.add(
            along("max(int, boolean)", input, a, Tensor::max, true, ReductionCases::max)
                .giving(dtype));
        cases.add(
            along("min(int, boolean)", input, a, Tensor::min, true, ReductionCases::min)
                .giving(dtype));
      }
    }
    for (Along a : ALONG) {
      cases.add(
          along(
                  "sum(int)",
                  Input.booleans(a.shape()),
                  a,
                  (x, axis, keep) -> x.sum(axis),
                  false,
                  ReductionCases::sum)
              .giving(DType.I64));
      for (int correction : new int[] {0, 1}) {
        if (a.length() > correction) {
          for (boolean keep : new boolean[] {false, true}) {
            Reduction call = (x, axis, keepAxis) -> x.variance(axis, correction, keepAxis);
            cases.add(
                along(
                        "variance(int, int, boolean)",
                        Input.normal(a.shape()),
                        a,
                        call,
                        keep,
                        variance(correction))
                    .with(
                        "axis "
                            + a.axis()
                            + ", correction "
                            + correction
                            + (keep ? ", kept" : "")));
          }
        }
      }
    }
  }

  /** A reduction along an axis that is gone from the result. */
  private interface ShortReduction {
    Tensor of(Tensor x, int axis);
  }

  private void reduce(
      String name,
      Function<int[], Input> input,
      Reduction full,
      ShortReduction withoutKeeping,
      ToDoubleFunction<double[]> reference,
      IntToDoubleFunction valueFloor,
      boolean ofEmpty) {
    List<Along> all = new ArrayList<>(ALONG);
    if (ofEmpty) {
      all.addAll(EMPTY);
    }
    for (Along a : all) {
      Input x = input.apply(a.shape());
      double floor = valueFloor.applyAsDouble(a.length());
      cases.add(along(name + "(int, boolean)", x, a, full, false, reference).valueFloor(floor));
      cases.add(along(name + "(int, boolean)", x, a, full, true, reference).valueFloor(floor));
      if (withoutKeeping != null) {
        Reduction call = (tensor, axis, keep) -> withoutKeeping.of(tensor, axis);
        cases.add(along(name + "(int)", x, a, call, false, reference).valueFloor(floor));
      }
    }
  }

  private static OperationCase along(
      String method,
      Input input,
      Along along,
      Reduction call,
      boolean keepAxis,
      ToDoubleFunction<double[]> reference) {
    return OperationCase.of(
            "Tensor." + method,
            List.of(input),
            t -> call.of(t[0], along.axis(), keepAxis),
            x -> x[0].reduce(along.axis(), keepAxis, reference))
        .with("axis " + along.axis() + (keepAxis ? ", kept" : ""))
        .floor(1);
  }

  private void ofAllElements() {
    ofAll("sum()", Input::normal, Tensor::sum, ReductionCases::sum, SUMS_ON_THE_WAY);
    ofAll("mean()", Input::normal, Tensor::mean, ReductionCases::mean);
    ofAll("max()", Input::distinct, Tensor::max, ReductionCases::max);
    ofAll("min()", Input::distinct, Tensor::min, ReductionCases::min);
    ofAll(
        "norm()",
        Input::normal,
        Tensor::norm,
        v -> Math.sqrt(Arrays.stream(v).map(x -> x * x).sum()));
    cases.add(
        OperationCase.of(
            "Tensor.sum()", List.of(Input.normal(3, 0)), t -> t[0].sum(), x -> NdArray.scalar(0)));
  }

  private void ofAll(
      String method,
      Function<int[], Input> input,
      UnaryOperator<Tensor> operation,
      ToDoubleFunction<double[]> reference) {
    ofAll(method, input, operation, reference, count -> 1);
  }

  private void ofAll(
      String method,
      Function<int[], Input> input,
      UnaryOperator<Tensor> operation,
      ToDoubleFunction<double[]> reference,
      IntToDoubleFunction valueFloor) {
    for (int[] shape : SHAPES) {
      int count = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
      cases.add(
          OperationCase.of(
                  "Tensor." + method,
                  List.of(input.apply(shape)),
                  t -> operation.apply(t[0]),
                  x -> NdArray.scalar(reference.applyAsDouble(x[0].data())))
              .floor(1)
              .valueFloor(valueFloor.applyAsDouble(count)));
    }
  }

  private static double firstIndexOf(double[] line, double value) {
    for (int i = 0; i < line.length; i++) {
      if (line[i] == value) {
        return i;
      }
    }
    throw new AssertionError();
  }

  private void places() {
    for (Along a : ALONG) {
      List<Input> inputs =
          List.of(
              Input.wholeFloats(a.shape()), // with equal values: the first counts
              Input.integers(DType.I32, -50, 50, a.shape()),
              Input.integers(DType.I64, -50, 50, a.shape()));
      for (Input input : inputs) {
        cases.add(
            along(
                    "argmax(int)",
                    input,
                    a,
                    (x, axis, keep) -> x.argmax(axis),
                    false,
                    v -> firstIndexOf(v, max(v)))
                .giving(DType.I64));
        cases.add(
            along(
                    "argmin(int)",
                    input,
                    a,
                    (x, axis, keep) -> x.argmin(axis),
                    false,
                    v -> firstIndexOf(v, min(v)))
                .giving(DType.I64));
      }
    }
  }

  private void truth() {
    List<Along> all = new ArrayList<>(ALONG);
    all.addAll(EMPTY);
    for (Along a : all) {
      // Mostly false for any and mostly true for all, so that both results occur.
      Input rare =
          new Input(
              DType.BOOL,
              a.shape(),
              (random, n) -> random.doubles(n).map(v -> v < 0.05 ? 1 : 0).toArray());
      Input common =
          new Input(
              DType.BOOL,
              a.shape(),
              (random, n) -> random.doubles(n).map(v -> v < 0.95 ? 1 : 0).toArray());
      cases.add(
          along(
                  "any(int)",
                  rare,
                  a,
                  (x, axis, keep) -> x.any(axis),
                  false,
                  v -> Math.min(1, sum(v)))
              .giving(DType.BOOL));
      cases.add(
          along(
                  "all(int)",
                  common,
                  a,
                  (x, axis, keep) -> x.all(axis),
                  false,
                  v -> sum(v) == v.length ? 1 : 0)
              .giving(DType.BOOL));
    }
  }

  private void softmax() {
    List<Along> all = new ArrayList<>(ALONG);
    all.addAll(EMPTY);
    for (Along a : all) {
      if (a.shape().length == 1 && a.shape()[0] > 5000) {
        continue; // values of 1e-4 and a reference of quadratic cost; [1031, 3] is long enough
      }
      Input x = Input.uniform(-5, 5, a.shape());
      cases.add(
          OperationCase.of(
                  "Tensor.softmax(int)",
                  List.of(x),
                  t -> t[0].softmax(a.axis()),
                  v -> alongLines(v[0], a.axis(), Functions::softmax))
              .with("axis " + a.axis())
              .floor(1e-3));
      cases.add(
          OperationCase.of(
                  "Tensor.logSoftmax(int)",
                  List.of(x),
                  t -> t[0].logSoftmax(a.axis()),
                  v -> alongLines(v[0], a.axis(), ReductionCases::logSoftmax))
              .with("axis " + a.axis())
              .floor(1));
    }
  }

  private static double[] logSoftmax(double[] line) {
    double lse = Functions.logSumExp(line);
    return Arrays.stream(line).map(v -> v - lse).toArray();
  }

  /** A function that makes a line of values from a line. */
  private static NdArray alongLines(NdArray x, int axis, UnaryOperator<double[]> function) {
    int at = axis < 0 ? axis + x.rank() : axis;
    NdArray y = x.copy();
    for (int lines = 0; lines < x.data().length; lines++) {
      int[] index = indexOf(x, lines);
      if (index[at] == 0) {
        double[] line = new double[x.size(at)];
        for (int i = 0; i < line.length; i++) {
          line[i] = x.at(NdArray.with(index, at, i));
        }
        double[] result = function.apply(line);
        for (int i = 0; i < line.length; i++) {
          y.data()[x.offset(NdArray.with(index, at, i))] = result[i];
        }
      }
    }
    return y;
  }

  private static int[] indexOf(NdArray x, int element) {
    int[] index = new int[x.rank()];
    for (int axis = x.rank() - 1; axis >= 0; axis--) {
      index[axis] = element % x.size(axis);
      element /= x.size(axis);
    }
    return index;
  }
}
