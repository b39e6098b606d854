package io.github.jaubert.operations;

import io.github.jaubert.nn.CrossEntropyOptions;
import io.github.jaubert.nn.F;
import io.github.jaubert.reference.Functions;
import io.github.jaubert.reference.NdArray;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/** Losses: single numbers. */
final class LossCases {
  /** The loss is a difference of two numbers of up to 11, good to 1e-6 in single precision. */
  private static final double VALUE_FLOOR = 0.2;

  private final List<OperationCase> cases = new ArrayList<>();

  private LossCases() {}

  static List<OperationCase> cases() {
    LossCases table = new LossCases();
    int[][] shapes = {{1, 1}, {1, 2}, {5, 3}, {31, 33}, {67, 1031}, {0, 3}};
    for (int[] shape : shapes) {
      table.crossEntropy(shape[0], shape[1]);
    }
    for (int[] shape : new int[][] {{1, 2, 1}, {5, 3, 2}, {31, 33, 7}, {17, 257, 5}, {0, 3, 2}}) {
      table.linearCrossEntropy(shape[0], shape[1], shape[2]);
    }
    for (int[] shape : new int[][] {{1}, {31}, {5, 13}, {}, {4_099}}) {
      table.elementwiseLosses(shape);
    }
    return table.cases;
  }

  /** Labels of which about a fifth are to be ignored. */
  private static Input labels(DType dtype, int rows, int classes, int ignored) {
    return new Input(
        dtype, new int[] {rows}, (random, count) -> labels(random, count, classes, ignored));
  }

  private static double[] labels(RandomGenerator random, int count, int classes, int ignored) {
    double[] labels = new double[count];
    Arrays.setAll(labels, i -> random.nextInt(5) == 0 ? ignored : random.nextInt(classes));
    return labels;
  }

  private void crossEntropy(int rows, int classes) {
    Input logits = Input.uniform(-4, 4, rows, classes);
    // Of one class the probability is 1: what is left of the gradient is rounding. Of few rows each
    // weighs much: a probability is exp(x - lse), with lse of up to 8 rounded to 2.4e-7 twice, and
    // the gradient is its difference to the target, times a dy of up to 4.
    double floor = classes == 1 ? 1 : rows <= 5 ? 0.2 : 1e-2;
    for (DType dtype : List.of(DType.I32, DType.I64)) {
      cases.add(
          OperationCase.of(
                  "F.crossEntropy(Tensor, Tensor)",
                  List.of(logits, labels(dtype, rows, classes, -100)),
                  t -> F.crossEntropy(t[0], t[1]),
                  v -> Functions.crossEntropy(v[0], v[1], -100, 0, null, 0))
              .floor(floor)
              .valueFloor(VALUE_FLOOR));
    }
    Input allIgnored = new Input(DType.I32, new int[] {rows}, (random, n) -> new double[n]);
    cases.add(
        OperationCase.of(
                "F.crossEntropy(Tensor, Tensor, CrossEntropyOptions)",
                List.of(logits, allIgnored),
                t -> F.crossEntropy(t[0], t[1], CrossEntropyOptions.defaults().withIgnoreIndex(0)),
                v -> NdArray.scalar(0))
            .with("all ignored"));
    Input counted = labels(DType.I32, rows, classes, -1);
    CrossEntropyOptions options = CrossEntropyOptions.defaults().withIgnoreIndex(-1);
    for (float smoothing : new float[] {0, 0.1f}) {
      for (float normalizer : new float[] {0, 12.5f}) {
        CrossEntropyOptions chosen =
            options.withLabelSmoothing(smoothing).withNormalizer(normalizer);
        String words = "smoothing " + smoothing + ", normalizer " + normalizer;
        cases.add(
            OperationCase.of(
                    "F.crossEntropy(Tensor, Tensor, CrossEntropyOptions)",
                    List.of(logits, counted),
                    t -> F.crossEntropy(t[0], t[1], chosen),
                    v -> Functions.crossEntropy(v[0], v[1], -1, smoothing, null, normalizer))
                .with(words)
                .floor(floor)
                .valueFloor(VALUE_FLOOR));
        double[] weights = new double[classes];
        Arrays.setAll(weights, i -> 0.25 + i % 5);
        cases.add(
            OperationCase.of(
                    "F.crossEntropy(Tensor, Tensor, CrossEntropyOptions)",
                    List.of(logits, counted),
                    t -> {
                      Tensor classWeights = Input.tensor(NdArray.of(weights, classes), DType.F32);
                      return F.crossEntropy(t[0], t[1], chosen.withClassWeights(classWeights));
                    },
                    v -> Functions.crossEntropy(v[0], v[1], -1, smoothing, weights, normalizer))
                .with(words + ", weights")
                .floor(floor)
                .valueFloor(VALUE_FLOOR));
      }
    }
  }

  private void linearCrossEntropy(int rows, int classes, int in) {
    Input labels = labels(DType.I32, rows, classes, -1);
    CrossEntropyOptions options = CrossEntropyOptions.defaults().withIgnoreIndex(-1);
    for (boolean biased : new boolean[] {true, false}) {
      List<Input> operands = new ArrayList<>();
      operands.add(Input.normal(rows, in));
      operands.add(Input.normal(classes, in));
      operands.add(labels);
      if (biased) {
        operands.add(Input.normal(classes));
      }
      for (float smoothing : new float[] {0, 0.1f}) {
        for (float normalizer : new float[] {0, 12.5f}) {
          CrossEntropyOptions chosen =
              options.withLabelSmoothing(smoothing).withNormalizer(normalizer);
          cases.add(
              OperationCase.of(
                      "F.linearCrossEntropy(Tensor, Tensor, Tensor, Tensor, CrossEntropyOptions)",
                      operands,
                      t -> F.linearCrossEntropy(t[0], t[1], biased ? t[3] : null, t[2], chosen),
                      v ->
                          Functions.crossEntropy(
                              Functions.linear(v[0], v[1], biased ? v[3] : null),
                              v[2],
                              -1,
                              smoothing,
                              null,
                              normalizer))
                  .with(
                      "%s, smoothing %s, normalizer %s"
                          .formatted(biased ? "bias" : "no bias", smoothing, normalizer))
                  .floor(rows <= 5 ? 0.2 : 1e-2)
                  .valueFloor(VALUE_FLOOR));
        }
      }
    }
    cases.add(
        OperationCase.of(
                "F.linearCrossEntropy(Tensor, Tensor, Tensor, Tensor, CrossEntropyOptions, Tensor)",
                List.of(Input.normal(rows, in), Input.normal(classes, in), labels),
                t -> {
                  Tensor hits = Tensor.zeros(1).to(t[0].device());
                  return F.linearCrossEntropy(t[0], t[1], null, t[2], options, hits);
                },
                v ->
                    Functions.crossEntropy(
                        Functions.linear(v[0], v[1], null), v[2], -1, 0, null, 0))
            .floor(rows <= 5 ? 0.2 : 1e-2)
            .valueFloor(VALUE_FLOOR));
  }

  private void elementwiseLosses(int[] shape) {
    int count = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    List<Input> numbers = List.of(Input.normal(shape), Input.normal(shape));
    List<Input> probabilities = List.of(Input.uniform(-6, 6, shape), Input.uniform(0, 1, shape));
    cases.add(
        OperationCase.of(
                "F.mseLoss(Tensor, Tensor)",
                numbers,
                t -> F.mseLoss(t[0], t[1]),
                v -> squares(v[0], v[1], count))
            .floor(1e-2)
            .valueFloor(0.1));
    cases.add(
        OperationCase.of(
                "F.mseLoss(Tensor, Tensor, float)",
                numbers,
                t -> F.mseLoss(t[0], t[1], 2.5f),
                v -> squares(v[0], v[1], 2.5))
            .floor(1e-2)
            .valueFloor(0.1));
    cases.add(
        OperationCase.of(
                "F.binaryCrossEntropyWithLogits(Tensor, Tensor)",
                probabilities,
                t -> F.binaryCrossEntropyWithLogits(t[0], t[1]),
                v -> binaryCrossEntropy(v[0], v[1], count))
            .floor(1e-2)
            .valueFloor(0.1));
    cases.add(
        OperationCase.of(
                "F.binaryCrossEntropyWithLogits(Tensor, Tensor, float)",
                probabilities,
                t -> F.binaryCrossEntropyWithLogits(t[0], t[1], 2.5f),
                v -> binaryCrossEntropy(v[0], v[1], 2.5))
            .floor(1e-2)
            .valueFloor(0.1));
  }

  private static NdArray squares(NdArray a, NdArray b, double divisor) {
    double sum = Arrays.stream(NdArray.zip(a, b, (x, y) -> (x - y) * (x - y)).data()).sum();
    return NdArray.scalar(sum / divisor);
  }

  private static NdArray binaryCrossEntropy(NdArray logits, NdArray targets, double divisor) {
    NdArray losses =
        NdArray.zip(
            logits,
            targets,
            (x, t) -> t * Functions.softplus(-x) + (1 - t) * Functions.softplus(x));
    return NdArray.scalar(Arrays.stream(losses.data()).sum() / divisor);
  }
}
