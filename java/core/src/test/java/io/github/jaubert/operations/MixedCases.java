package io.github.jaubert.operations;

import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.nn.Activation;
import io.github.jaubert.nn.AttentionOptions;
import io.github.jaubert.nn.CrossEntropyOptions;
import io.github.jaubert.nn.F;
import io.github.jaubert.reference.NdArray;
import io.github.jaubert.reference.Philox;
import io.github.jaubert.reference.Rounding;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** Every layer that computes in 16 bits, beside single operations that round. */
final class MixedCases {
  private static final long SEED = Seeds.seed("dropout of layers in 16 bits");
  private static final UnaryOperator<Tensor> ROUND = MixedCase.rounding(DType.BF16);
  private static final float EPS = 1e-5f;

  private final List<MixedCase> cases = new ArrayList<>();

  private MixedCases() {}

  static List<MixedCase> cases() {
    MixedCases table = new MixedCases();
    boolean cpu = Device.defaultDevice() == Device.cpu(); // where nothing is computed in F16
    List<DType> types = cpu ? List.of(DType.BF16) : List.of(DType.BF16, DType.F16);
    for (Activation activation : Activation.values()) {
      table.linear(activation, 13, 24, 40);
      table.linear(activation, 7, 33, 17);
      table.feedForward(activation, 9, 24, 40);
    }
    for (float p : new float[] {0, 0.3f}) {
      table.normalisations(p, 11, 40);
      table.normalisations(p, 5, 67);
      table.dropout(p);
      for (DType type : types) {
        table.attention(type, 2, 64, p, -1, 5, 18);
        table.attention(type, 3, 24, p, 2, 9, 1, 4);
      }
    }
    types.forEach(table::rotary);
    table.linear(Activation.GELU, 150, 144, 70);
    table.linear(Activation.NONE, 300, 65, 40);
    table.geglu();
    table.crossEntropy(7, 33, 0);
    table.crossEntropy(5, 260, 0.1f);
    table.linearCrossEntropy(7, 33, 24);
    return table.cases;
  }

  private void add(
      String name,
      List<Input> inputs,
      int activations,
      Function<Tensor[], Tensor> layer,
      Function<Tensor[], Tensor> plain) {
    add(name, DType.BF16, inputs, activations, layer, plain);
  }

  private void add(
      String name,
      DType type,
      List<Input> inputs,
      int activations,
      Function<Tensor[], Tensor> layer,
      Function<Tensor[], Tensor> plain) {
    cases.add(new MixedCase(name, type, inputs, activations, (t, of) -> layer.apply(t), plain));
  }

  /** With the masks from the place where those of the layer begin. */
  private static Function<Tensor[], Tensor> seeded(Function<Tensor[], Tensor> function) {
    return t -> {
      Rng.global().restore(SEED, 3);
      return function.apply(t);
    };
  }

  private static Tensor activated(Tensor x, Activation activation) {
    return switch (activation) {
      case NONE -> x;
      case GELU -> F.gelu(x);
      case GELU_TANH -> F.geluTanh(x);
      case RELU -> F.relu(x);
      case TANH -> tanh(x);
    };
  }

  /** Its slope is made of the value as it is stored, near 1 a small difference of large numbers. */
  private static Tensor tanh(Tensor x) {
    Tensor y = ROUND.apply(x.detach().tanh());
    Tensor slope = y.mul(y).mul(-1).add(1);
    return x.sub(x.detach()).mul(slope).add(y);
  }

  private static Tensor product(Tensor x, Tensor weight, Tensor bias) {
    Tensor y = ROUND.apply(F.linear(x, MixedCase.weight(weight), null));
    return bias == null ? y : ROUND.apply(y.add(bias));
  }

  /**
   * For ReLU, whose slope jumps at 0, such that a result's sign does not hang on their rounding.
   */
  private static Input weight(Activation activation, int out, int in) {
    double bound = 1 / Math.sqrt(in);
    Input weight = Input.uniform(-bound, bound, out, in);
    return activation == Activation.RELU ? weight.rounded(Rounding::toBfloat16) : weight;
  }

  private void linear(Activation activation, int rows, int in, int out) {
    Input x = Input.normal(rows, in);
    Input weight = weight(activation, out, in);
    for (boolean bias : new boolean[] {true, false}) {
      add(
          "linear " + activation,
          bias ? List.of(x, weight, Input.normal(out)) : List.of(x, weight),
          1,
          t -> F.linear(t[0], t[1], bias ? t[2] : null, activation),
          t -> {
            Tensor z = product(t[0], t[1], bias ? t[2] : null);
            return ROUND.apply(activated(z, activation));
          });
    }
  }

  private void feedForward(Activation activation, int rows, int in, int inner) {
    double bound = 1 / Math.sqrt(in);
    add(
        "feedForward " + activation,
        List.of(
            Input.normal(rows, in),
            weight(activation, inner, in),
            Input.normal(inner),
            Input.uniform(-bound, bound, in, inner)),
        1,
        t -> F.feedForward(t[0], t[1], t[2], activation, t[3]),
        t -> {
          Tensor z = product(t[0], t[1], t[2]);
          return product(ROUND.apply(activated(z, activation)), t[3], null);
        });
  }

  private void normalisations(float p, int rows, int hidden) {
    Input x = Input.normal(rows, hidden);
    Input vector = Input.normal(hidden);
    add(
        "layerNorm",
        List.of(x, vector, vector),
        1,
        t -> F.layerNorm(t[0], t[1], t[2], EPS),
        t -> ROUND.apply(F.layerNorm(t[0], t[1], t[2], EPS)));
    add(
        "rmsNorm",
        List.of(x, vector),
        1,
        t -> F.rmsNorm(t[0], t[1], EPS),
        t -> ROUND.apply(F.rmsNorm(t[0], t[1], EPS)));
    add(
        "addDropoutLayerNorm p = " + p,
        List.of(x, x, vector, vector, vector),
        2,
        seeded(t -> F.addDropoutLayerNorm(t[0], t[1], t[2], t[3], t[4], p, EPS)),
        seeded(
            t -> {
              Tensor dropped = ROUND.apply(F.dropout(ROUND.apply(t[0].add(t[2])), p));
              Tensor sum = ROUND.apply(t[1].add(dropped));
              return ROUND.apply(F.layerNorm(sum, t[3], t[4], EPS));
            }));
    Input ids = Input.ids(7, rows);
    Input table = Input.normal(7, hidden);
    cases.add(
        new MixedCase(
            "embeddingLayerNorm p = " + p,
            DType.BF16,
            List.of(ids, ids, table, table, vector, vector),
            0,
            (operands, type) ->
                seeded(
                        t ->
                            F.embeddingLayerNorm(
                                t[0], t[1], null, t[2], t[3], null, t[4], t[5], p, EPS, type))
                    .apply(operands),
            seeded(
                t -> {
                  Tensor sum = ROUND.apply(F.embedding(t[2], t[0]).add(F.embedding(t[3], t[1])));
                  Tensor y = ROUND.apply(F.layerNorm(sum, t[4], t[5], EPS));
                  return ROUND.apply(F.dropout(y, p));
                })));
  }

  private void dropout(float p) {
    if (p > 0) {
      add(
          "dropout p = " + p,
          List.of(Input.normal(13, 37)),
          1,
          seeded(t -> F.dropout(t[0], p)),
          seeded(t -> ROUND.apply(F.dropout(t[0], p))));
    }
  }

  private void geglu() {
    add(
        "geglu",
        List.of(Input.normal(11, 48)),
        1,
        t -> F.geglu(t[0]),
        t -> {
          Tensor gate = ROUND.apply(F.gelu(t[0].narrow(1, 0, 24)));
          return ROUND.apply(gate.mul(t[0].narrow(1, 24, 24)));
        });
  }

  private void rotary(DType type) {
    Function<Tensor[], Tensor> rotary = t -> F.rotary(t[0], t[1], 10_000);
    add(
        "rotary",
        type,
        List.of(Input.normal(11, 3, 32), Input.integers(DType.I32, 0, 512, 11)),
        1,
        rotary,
        t -> MixedCase.rounding(type).apply(rotary.apply(t)));
  }

  private void crossEntropy(int rows, int classes, float smoothing) {
    CrossEntropyOptions options = CrossEntropyOptions.defaults().withLabelSmoothing(smoothing);
    Function<Tensor[], Tensor> loss = t -> F.crossEntropy(t[0], t[1], options);
    add(
        "crossEntropy, smoothing " + smoothing,
        List.of(Input.uniform(-4, 4, rows, classes), Input.ids(classes, rows)),
        1,
        loss,
        t -> loss.apply(new Tensor[] {ROUND.apply(t[0]), t[1]}));
  }

  private void linearCrossEntropy(int rows, int classes, int in) {
    CrossEntropyOptions options = CrossEntropyOptions.defaults();
    add(
        "linearCrossEntropy",
        List.of(
            Input.normal(rows, in),
            Input.normal(classes, in),
            Input.normal(classes),
            Input.ids(classes, rows)),
        1,
        t -> F.linearCrossEntropy(t[0], t[1], t[2], t[3], options),
        t -> {
          Tensor logits = F.linear(ROUND.apply(t[0]), ROUND.apply(t[1]), t[2]);
          return F.crossEntropy(ROUND.apply(logits), t[3], options);
        });
  }

  private void attention(DType type, int heads, int width, float p, int window, int... lengths) {
    Input x = Input.normal(Arrays.stream(lengths).sum(), heads, width);
    AttentionOptions options =
        (p > 0 ? AttentionOptions.dropout(p) : AttentionOptions.defaults()).withWindow(window);
    UnaryOperator<Tensor> round = MixedCase.rounding(type);
    add(
        "attention " + Arrays.toString(lengths) + " " + options,
        type,
        List.of(x, x, x),
        3,
        seeded(t -> F.attention(t[0], t[1], t[2], PackedSequences.of(lengths), options)),
        t -> {
          Tensor[] parts = new Tensor[lengths.length];
          int start = 0;
          for (int i = 0; i < parts.length; i++) {
            Tensor[] sequence = new Tensor[3];
            for (int j = 0; j < 3; j++) {
              sequence[j] = t[j].narrow(0, start, lengths[i]).transpose(0, 1);
            }
            parts[i] = sequence(sequence, start, p, window, round).transpose(0, 1);
            start += lengths[i];
          }
          return Tensor.concat(0, parts);
        });
  }

  /** Attention within one sequence: q, k, v and the result are [heads, length, width]. */
  private static Tensor sequence(
      Tensor[] qkv, int start, float p, int window, UnaryOperator<Tensor> round) {
    int heads = (int) qkv[0].size(0);
    int length = (int) qkv[0].size(1);
    int[] shape = {heads, length, length};
    NdArray hidden =
        NdArray.generate(shape, i -> window >= 0 && Math.abs(i[1] - i[2]) > window ? -1e30 : 0);
    NdArray mask =
        NdArray.generate(
            shape,
            i -> {
              long line = (long) (start + i[1]) * heads + i[0];
              return p == 0 ? 1 : Philox.dropout(p, SEED, 3, (line << 18) + i[2]);
            });
    Tensor product =
        qkv[0].matmul(qkv[1].transpose(1, 2)).mul((float) (1 / Math.sqrt(qkv[0].size(2))));
    // Backward keeps the gradient of the scores in 16 bits; forward never has them in memory.
    Tensor narrow = round.apply(product);
    Tensor scores =
        narrow
            .add(product.sub(narrow).detach())
            .add(Input.tensor(hidden, DType.F32).to(qkv[0].device()));
    Tensor weights = round.apply(scores.softmax(-1));
    Tensor kept = round.apply(weights.mul(Input.tensor(mask, DType.F32).to(qkv[0].device())));
    Tensor sum = kept.matmul(qkv[2]);
    Tensor result = round.apply(sum);
    // Backward takes sum(dy * y) from the rounded result, which is off by P sum(dy * error). That
    // is the gradient of error * lse; of lse less itself the value is 0.
    Tensor lse = scores.narrow(2, 0, 1).sub(scores.logSoftmax(-1).narrow(2, 0, 1));
    return result.sub(result.sub(sum).detach().mul(lse.sub(lse.detach())));
  }
}
