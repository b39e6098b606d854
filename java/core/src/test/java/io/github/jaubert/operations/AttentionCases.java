package io.github.jaubert.operations;

import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.nn.AttentionOptions;
import io.github.jaubert.nn.F;
import io.github.jaubert.reference.Functions;
import io.github.jaubert.reference.NdArray;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Rng;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Attention over packed sequences, and rotary embeddings. */
final class AttentionCases {
  private static final long SEED = Seeds.seed("dropout of attention");

  private final List<OperationCase> cases = new ArrayList<>();

  private AttentionCases() {}

  static List<OperationCase> cases() {
    AttentionCases table = new AttentionCases();
    AttentionOptions plain = AttentionOptions.defaults();
    int[][] batches = {{1}, {7}, {3, 1, 7}, {33, 2, 65}, {0, 5, 0}, {0}, {}};
    for (int[] lengths : batches) {
      table.attention(1, 4, plain, lengths);
      table.attention(3, 32, plain, lengths);
      table.attention(2, 5, plain.withWindow(2), lengths);
      table.attention(2, 8, AttentionOptions.dropout(0.1f), lengths);
      table.attention(1, 3, AttentionOptions.dropout(0.5f).withWindow(1).withScale(0.7f), lengths);
    }
    for (int headDim : new int[] {1, 2, 31, 33, 64, 96, 127, 128}) {
      table.attention(2, headDim, plain, 5, 18);
    }
    table.attention(2, 16, plain.withWindow(0), 9, 4);
    table.attention(1, 8, plain, 259);
    table.attention(1, 8, AttentionOptions.dropout(0.1f), 131, 20);
    table.attention(12, 32, plain, 17, 40);
    for (int headDim : new int[] {2, 6, 32, 66}) {
      for (int tokens : new int[] {0, 1, 37}) {
        table.rotary(tokens, 3, headDim);
      }
    }
    return table.cases;
  }

  private void attention(int heads, int headDim, AttentionOptions options, int... lengths) {
    int[] shape = {Arrays.stream(lengths).sum(), heads, headDim};
    double scale = options.scale() > 0 ? options.scale() : 1 / Math.sqrt(headDim);
    cases.add(
        OperationCase.of(
                "F.attention(Tensor, Tensor, Tensor, PackedSequences, AttentionOptions)",
                List.of(Input.normal(shape), Input.normal(shape), Input.normal(shape)),
                t -> {
                  Rng.global().restore(SEED, 11);
                  return F.attention(t[0], t[1], t[2], PackedSequences.of(lengths), options);
                },
                v ->
                    Functions.attention(
                        v[0],
                        v[1],
                        v[2],
                        lengths,
                        scale,
                        options.window(),
                        options.dropout(),
                        SEED,
                        11))
            .with("lengths " + Arrays.toString(lengths) + " " + options)
            .tolerance(2e-5)
            .floor(0.5));
  }

  private void rotary(int tokens, int heads, int headDim) {
    cases.add(
        OperationCase.of(
                "F.rotary(Tensor, Tensor, float)",
                List.of(
                    Input.normal(tokens, heads, headDim),
                    Input.integers(DType.I32, 0, 512, tokens)),
                t -> F.rotary(t[0], t[1], 10_000),
                (NdArray[] v) -> Functions.rotary(v[0], v[1], 10_000))
            // An angle of hundreds of radians is good to 3e-5 in single precision.
            .tolerance(1e-4)
            .floor(1));
  }
}
