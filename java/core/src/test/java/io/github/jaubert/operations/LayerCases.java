package io.github.jaubert.operations;

import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.nn.Activation;
import io.github.jaubert.nn.F;
import io.github.jaubert.reference.Functions;
import io.github.jaubert.reference.NdArray;
import io.github.jaubert.reference.RoundingErrors;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;

/** Linear layers, activations, dropout, normalisation and the input of an encoder. */
final class LayerCases {
  private static final long SEED = Seeds.seed("dropout of layers");
  private static final float[] PROBABILITIES = {0, 0.1f, 0.5f};

  private final List<OperationCase> cases = new ArrayList<>();

  private LayerCases() {}

  static List<OperationCase> cases() {
    LayerCases table = new LayerCases();
    table.linear();
    table.feedForward();
    table.activations();
    table.dropout();
    table.layerNorm();
    table.rmsNorm();
    table.directions();
    table.addDropoutLayerNorm();
    table.embeddingLayerNorm();
    return table.cases;
  }

  private static DoubleUnaryOperator function(Activation activation) {
    return switch (activation) {
      case NONE -> v -> v;
      case GELU -> Functions::gelu;
      case GELU_TANH -> Functions::geluTanh;
      case RELU -> Functions::relu;
      case TANH -> Math::tanh;
    };
  }

  private void linear() {
    int[][] shapes = {{5, 7}, {1, 1}, {33, 65}, {2, 3, 17}, {31}, {0, 5}, {130, 31}};
    int[] outs = {3, 1, 31, 33, 7, 4, 129};
    for (int i = 0; i < shapes.length; i++) {
      Input x = Input.normal(shapes[i]);
      int in = shapes[i][shapes[i].length - 1];
      double bound = 1 / Math.sqrt(in);
      Input weight = Input.uniform(-bound, bound, outs[i], in);
      Input bias = Input.normal(outs[i]);
      cases.add(
          OperationCase.of(
                  "F.linear(Tensor, Tensor, Tensor)",
                  List.of(x, weight, bias),
                  t -> F.linear(t[0], t[1], t[2]),
                  v -> Functions.linear(v[0], v[1], v[2]))
              .floor(1));
      cases.add(
          OperationCase.of(
                  "F.linear(Tensor, Tensor, Tensor)",
                  List.of(x, weight),
                  t -> F.linear(t[0], t[1], null),
                  v -> Functions.linear(v[0], v[1], null))
              .with("no bias")
              .floor(1));
      for (Activation activation : Activation.values()) {
        cases.add(
            OperationCase.of(
                    "F.linear(Tensor, Tensor, Tensor, Activation)",
                    List.of(x, weight, bias),
                    t -> F.linear(t[0], t[1], t[2], activation),
                    v -> Functions.linear(v[0], v[1], v[2]).map(function(activation)))
                .with(activation.toString())
                .floor(1));
        cases.add(
            OperationCase.of(
                    "F.linear(Tensor, Tensor, Tensor, Activation)",
                    List.of(x, weight),
                    t -> F.linear(t[0], t[1], null, activation),
                    v -> Functions.linear(v[0], v[1], null).map(function(activation)))
                .with(activation + ", no bias")
                .floor(1));
      }
    }
  }

  private void feedForward() {
    int[][] shapes = {{5, 7}, {1, 1}, {2, 3, 17}, {31}, {0, 5}, {130, 31}};
    int[] inners = {13, 1, 66, 7, 4, 65};
    int[] outs = {3, 1, 33, 9, 2, 30};
    for (int i = 0; i < shapes.length; i++) {
      Input x = Input.normal(shapes[i]);
      int in = shapes[i][shapes[i].length - 1];
      double bound = 1 / Math.sqrt(in);
      double innerBound = 1 / Math.sqrt(inners[i]);
      Input first = Input.uniform(-bound, bound, inners[i], in);
      Input bias = Input.normal(inners[i]);
      Input second = Input.uniform(-innerBound, innerBound, outs[i], inners[i]);
      for (Activation activation : Activation.values()) {
        DoubleUnaryOperator function = function(activation);
        cases.add(
            OperationCase.of(
                    "F.feedForward(Tensor, Tensor, Tensor, Activation, Tensor)",
                    List.of(x, first, bias, second),
                    t -> F.feedForward(t[0], t[1], t[2], activation, t[3]),
                    v ->
                        Functions.linear(
                            Functions.linear(v[0], v[1], v[2]).map(function), v[3], null))
                .with(activation.toString())
                .floor(1));
        cases.add(
            OperationCase.of(
                    "F.feedForward(Tensor, Tensor, Tensor, Activation, Tensor)",
                    List.of(x, first, second),
                    t -> F.feedForward(t[0], t[1], null, activation, t[2]),
                    v ->
                        Functions.linear(
                            Functions.linear(v[0], v[1], null).map(function), v[2], null))
                .with(activation + ", no bias")
                .floor(1));
      }
    }
  }

  private void activations() {
    int[][] shapes = {{}, {1}, {7}, {31}, {65}, {5, 13}, {2, 3, 17}, {0}, {4_099}};
    for (int[] shape : shapes) {
      activation("gelu", shape, F::gelu, Functions::gelu);
      activation("geluTanh", shape, F::geluTanh, Functions::geluTanh);
      activation("silu", shape, F::silu, Functions::silu);
      cases.add(
          OperationCase.of(
              "F.relu(Tensor)",
              List.of(Input.awayFromZero(shape)),
              t -> F.relu(t[0]),
              v -> v[0].map(Functions::relu)));
    }
    for (int[] shape : new int[][] {{2}, {5, 26}, {2, 3, 66}, {0, 4}, {3, 0}, {31, 258}}) {
      int last = shape.length - 1;
      int width = shape[last] / 2;
      cases.add(
          OperationCase.of(
              "F.geglu(Tensor)",
              List.of(Input.normal(shape)),
              t -> F.geglu(t[0]),
              v ->
                  NdArray.generate(
                      NdArray.with(shape, last, width),
                      i ->
                          Functions.gelu(v[0].at(i))
                              * v[0].at(NdArray.with(i, last, i[last] + width)))));
    }
  }

  private void activation(
      String name, int[] shape, UnaryOperator<Tensor> operation, DoubleUnaryOperator reference) {
    cases.add(
        OperationCase.of(
            "F." + name + "(Tensor)",
            List.of(Input.uniform(-6, 6, shape)),
            t -> operation.apply(t[0]),
            v -> v[0].map(reference)));
  }

  private void dropout() {
    for (float p : PROBABILITIES) {
      for (int[] shape : new int[][] {{}, {1}, {31}, {67}, {5, 13}, {0}, {20_011}}) {
        cases.add(
            OperationCase.of(
                    "F.dropout(Tensor, float, Rng)",
                    List.of(Input.normal(shape)),
                    t -> F.dropout(t[0], p, Rng.of(SEED)),
                    v -> Functions.dropout(v[0], p, SEED, 0))
                .with("p = " + p));
      }
      cases.add(
          OperationCase.of(
                  "F.dropout(Tensor, float)",
                  List.of(Input.normal(257)),
                  t -> {
                    Rng.global().restore(SEED, 7);
                    return F.dropout(t[0], p);
                  },
                  v -> Functions.dropout(v[0], p, SEED, 7))
              .with("p = " + p));
    }
  }

  private void layerNorm() {
    int[][] shapes = {{7}, {3, 1}, {5, 3}, {31, 33}, {2, 3, 65}, {0, 5}, {130, 384}, {3, 769}};
    for (int[] shape : shapes) {
      int hidden = shape[shape.length - 1];
      for (float eps : new float[] {1e-12f, 1e-5f}) {
        if (hidden > 1 || eps > 1e-6f) { // one element has no variance: rounding errors / 1e-6
          cases.add(
              OperationCase.of(
                      "F.layerNorm(Tensor, Tensor, Tensor, float)",
                      List.of(Input.normal(shape), Input.normal(hidden), Input.normal(hidden)),
                      t -> F.layerNorm(t[0], t[1], t[2], eps),
                      v -> Functions.layerNorm(v[0], v[1], v[2], eps))
                  .with("eps = " + eps)
                  // A short row may have a small variance, and so a large derivative.
                  .rounding((v, errors) -> Functions.layerNorm(v[0], v[1], v[2], eps, errors))
                  .floor(1));
        }
      }
    }
    for (int[] shape : new int[][] {{31, 33}, {2, 3, 65}, {3, 769}}) {
      int hidden = shape[shape.length - 1];
      cases.add(
          OperationCase.of(
                  "F.layerNorm(Tensor, Tensor, Tensor, float)",
                  List.of(Input.uniform(99, 101, shape), Input.normal(hidden)),
                  t -> F.layerNorm(t[0], t[1], null, 1e-5f),
                  v -> Functions.layerNorm(v[0], v[1], zeros(hidden), 1e-5f))
              .with("far from 0, without beta")
              // The mean of numbers near 100 is good to 4e-6 in single precision.
              .rounding(
                  (v, errors) -> Functions.layerNorm(v[0], v[1], zeros(hidden), 1e-5f, errors))
              .floor(1));
    }
  }

  private void rmsNorm() {
    for (int[] shape :
        new int[][] {{7}, {3, 1}, {5, 3}, {31, 33}, {2, 3, 65}, {0, 5}, {130, 384}, {3, 769}}) {
      cases.add(
          OperationCase.of(
                  "F.rmsNorm(Tensor, Tensor, float)",
                  List.of(Input.normal(shape), Input.normal(shape[shape.length - 1])),
                  t -> F.rmsNorm(t[0], t[1], 1e-3f),
                  v -> Functions.rmsNorm(v[0], v[1], 1e-3f))
              .floor(1));
    }
  }

  /** Of vectors that are not short, so that their direction does not hang on a rounding. */
  private void directions() {
    for (int[] shape : new int[][] {{1, 17}, {31, 33}, {2, 3, 65}}) {
      Input x = Input.normal(shape);
      cases.add(
          OperationCase.of(
                  "F.normalize(Tensor)",
                  List.of(x),
                  t -> F.normalize(t[0]),
                  v -> Functions.normalize(v[0]))
              .floor(1));
      cases.add(
          OperationCase.of(
                  "F.cosineSimilarity(Tensor, Tensor)",
                  List.of(x, x),
                  t -> F.cosineSimilarity(t[0], t[1]),
                  v -> Functions.cosineSimilarity(v[0], v[1]))
              .floor(1));
    }
  }

  private static NdArray zeros(int size) {
    return NdArray.of(new double[size], size);
  }

  private void addDropoutLayerNorm() {
    int[][] shapes = {{7}, {3, 1}, {5, 3}, {31, 33}, {2, 3, 65}, {0, 5}, {67, 384}};
    for (int[] shape : shapes) {
      for (float p : PROBABILITIES) {
        for (boolean residual : new boolean[] {true, false}) {
          for (boolean bias : new boolean[] {true, false}) {
            cases.add(addDropoutLayerNorm(shape, p, residual, bias));
          }
        }
      }
    }
  }

  private static OperationCase addDropoutLayerNorm(
      int[] shape, float p, boolean residual, boolean bias) {
    int hidden = shape[shape.length - 1];
    List<Input> inputs = new ArrayList<>();
    inputs.add(Input.normal(shape));
    inputs.add(Input.normal(hidden)); // gamma
    inputs.add(Input.normal(hidden)); // beta
    int residualAt = residual ? inputs.size() : -1;
    if (residual) {
      inputs.add(Input.normal(shape));
    }
    int biasAt = bias ? inputs.size() : -1;
    if (bias) {
      inputs.add(Input.normal(hidden));
    }
    float eps = 1e-5f;
    BiFunction<NdArray[], RoundingErrors, NdArray> reference =
        (v, errors) -> {
          NdArray x = bias ? errors.of(NdArray.zip(v[0], v[biasAt], Double::sum)) : v[0];
          NdArray dropped = errors.of(Functions.dropout(x, p, SEED, 3));
          NdArray sum =
              residual ? errors.of(NdArray.zip(dropped, v[residualAt], Double::sum)) : dropped;
          return Functions.layerNorm(sum, v[1], v[2], eps, errors);
        };
    return OperationCase.of(
            "F.addDropoutLayerNorm(Tensor, Tensor, Tensor, Tensor, Tensor, float, float)",
            inputs,
            t -> {
              Rng.global().restore(SEED, 3);
              return F.addDropoutLayerNorm(
                  t[0],
                  residual ? t[residualAt] : null,
                  bias ? t[biasAt] : null,
                  t[1],
                  t[2],
                  p,
                  eps);
            },
            v -> reference.apply(v, RoundingErrors.NONE))
        .with("p = " + p + (residual ? ", residual" : "") + (bias ? ", bias" : ""))
        // A row of which dropout leaves little has a small variance, and so a large derivative.
        .rounding(reference)
        .tolerance(2e-5)
        .floor(1);
  }

  private void embeddingLayerNorm() {
    for (int hidden : new int[] {3, 33, 384}) {
      for (int tokens : new int[] {1, 31, 0}) {
        for (float p : PROBABILITIES) {
          cases.add(embeddingLayerNorm(tokens, hidden, p, true));
          cases.add(embeddingLayerNorm(tokens, hidden, p, false));
        }
      }
    }
  }

  private static OperationCase embeddingLayerNorm(int tokens, int hidden, float p, boolean types) {
    List<Input> inputs = new ArrayList<>();
    inputs.add(Input.ids(11, tokens));
    inputs.add(Input.ids(7, tokens));
    inputs.add(Input.normal(11, hidden));
    inputs.add(Input.normal(7, hidden));
    inputs.add(Input.normal(hidden)); // gamma
    inputs.add(Input.normal(hidden)); // beta
    if (types) {
      inputs.add(Input.ids(2, tokens));
      inputs.add(Input.normal(2, hidden));
    }
    float eps = 1e-12f;
    BiFunction<NdArray[], RoundingErrors, NdArray> reference =
        (v, errors) -> {
          NdArray sum =
              errors.of(
                  NdArray.zip(
                      Functions.embedding(v[2], v[0]),
                      Functions.embedding(v[3], v[1]),
                      Double::sum));
          NdArray all =
              types
                  ? errors.of(NdArray.zip(sum, Functions.embedding(v[7], v[6]), Double::sum))
                  : sum;
          return Functions.dropout(Functions.layerNorm(all, v[4], v[5], eps, errors), p, SEED, 5);
        };
    return OperationCase.of(
            "F.embeddingLayerNorm(Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor,"
                + " float, float"
                + (types ? ")" : ", DType)"),
            inputs,
            t -> {
              Rng.global().restore(SEED, 5);
              return types
                  ? F.embeddingLayerNorm(t[0], t[1], t[6], t[2], t[3], t[7], t[4], t[5], p, eps)
                  : F.embeddingLayerNorm(
                      t[0], t[1], null, t[2], t[3], null, t[4], t[5], p, eps, DType.F32);
            },
            v -> reference.apply(v, RoundingErrors.NONE))
        .with("p = " + p)
        .rounding(reference)
        .tolerance(2e-5)
        .floor(1);
  }
}
