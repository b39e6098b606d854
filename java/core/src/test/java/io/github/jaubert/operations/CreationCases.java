package io.github.jaubert.operations;

import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.reference.NdArray;
import io.github.jaubert.reference.Philox;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Tensors made from no tensor. */
final class CreationCases {
  private static final long SEED = Seeds.seed("creation");
  private static final long OFFSET = 12345;

  private CreationCases() {}

  static List<OperationCase> cases() {
    List<OperationCase> cases = new ArrayList<>();
    cases.add(
        made("of(float[], long[])", DType.F32, () -> Tensor.of(new float[] {1.5f, -2}), 1.5, -2));
    cases.add(
        made(
                "of(float[], long[])",
                DType.F32,
                () -> Tensor.of(new float[] {1, 2, 3}, 3, 1),
                NdArray.of(new double[] {1, 2, 3}, 3, 1))
            .with("[3, 1]"));
    cases.add(made("of(float[], long[])", DType.F32, () -> Tensor.of(new float[0])).with("[0]"));
    cases.add(
        made(
            "of(int[], long[])",
            DType.I32,
            () -> Tensor.of(new int[] {Integer.MIN_VALUE, 7}),
            Integer.MIN_VALUE,
            7));
    cases.add(
        made(
            "of(long[], long[])",
            DType.I64,
            () -> Tensor.of(new long[] {1L << 40, -1}),
            1L << 40,
            -1));
    cases.add(
        made(
            "of(boolean[], long[])",
            DType.BOOL,
            () -> Tensor.of(new boolean[] {true, false, true}),
            1,
            0,
            1));
    cases.add(made("scalar(float)", DType.F32, () -> Tensor.scalar(-0.5f), NdArray.scalar(-0.5)));
    cases.add(made("zeros(long[])", DType.F32, () -> Tensor.zeros(2, 3), filled(0, 2, 3)));
    for (DType dtype : DType.values()) {
      cases.add(
          made("zeros(DType, Shape)", dtype, () -> Tensor.zeros(dtype, Shape.of(31)), filled(0, 31))
              .with(dtype.toString()));
    }
    cases.add(made("ones(long[])", DType.F32, () -> Tensor.ones(33, 2), filled(1, 33, 2)));
    cases.add(made("ones(long[])", DType.F32, () -> Tensor.ones(3, 0), filled(1, 3, 0)).with("0"));
    cases.add(made("full(float, long[])", DType.F32, () -> Tensor.full(2.5f, 65), filled(2.5, 65)));
    for (int n : new int[] {0, 1, 37}) {
      cases.add(
          made(
                  "arange(long)",
                  DType.I64,
                  () -> Tensor.arange(n),
                  NdArray.generate(new int[] {n}, i -> i[0]))
              .with("n = " + n));
      cases.add(
          made(
                  "eye(long)",
                  DType.F32,
                  () -> Tensor.eye(n),
                  NdArray.generate(new int[] {n, n}, i -> i[0] == i[1] ? 1 : 0))
              .with("n = " + n));
    }
    for (int n : new int[] {0, 1, 31, 67, 20_011}) {
      cases.add(
          made(
                  "rand(Rng, long[])",
                  DType.F32,
                  () -> Tensor.rand(rng(), n),
                  NdArray.generate(new int[] {n}, i -> Philox.uniform(SEED, OFFSET, i[0])))
              .with("n = " + n));
      cases.add(
          made(
                  "randn(Rng, long[])",
                  DType.F32,
                  () -> Tensor.randn(rng(), n),
                  NdArray.generate(new int[] {n}, i -> Philox.normal(SEED, OFFSET, i[0])))
              .with("n = " + n)
              .tolerance(3e-6)
              .floor(1));
    }
    return cases;
  }

  private static Rng rng() {
    Rng rng = Rng.of(SEED);
    rng.restore(SEED, OFFSET);
    return rng;
  }

  private static NdArray filled(double value, int... shape) {
    return NdArray.generate(shape, i -> value);
  }

  private static OperationCase made(
      String method, DType dtype, Supplier<Tensor> operation, double... expected) {
    return made(method, dtype, operation, NdArray.of(expected, expected.length));
  }

  private static OperationCase made(
      String method, DType dtype, Supplier<Tensor> operation, NdArray expected) {
    return OperationCase.of(
            "Tensor." + method, List.of(), none -> operation.get(), none -> expected)
        .giving(dtype);
  }
}
