package io.github.jaubert.operations;

import io.github.jaubert.reference.NdArray;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Tensor;
import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import java.util.random.RandomGenerator;

/** An operand of a case: its type, its shape, and how its values are drawn. */
record Input(DType dtype, int[] shape, Values values) {
  /** Draws all values of an operand. */
  @FunctionalInterface
  interface Values {
    double[] draw(RandomGenerator random, int count);
  }

  static Input normal(int... shape) {
    return each(DType.F32, shape, RandomGenerator::nextGaussian);
  }

  static Input uniform(double low, double high, int... shape) {
    return each(DType.F32, shape, random -> random.nextDouble(low, high));
  }

  /** At least 0.1 away from 0, where functions such as |x| have a kink. */
  static Input awayFromZero(int... shape) {
    return each(
        DType.F32, shape, random -> random.nextDouble(0.1, 2) * (random.nextBoolean() ? 1 : -1));
  }

  /**
   * A random order of numbers at least 0.05 apart, so that which is the largest does not hang on a
   * rounding.
   */
  static Input distinct(int... shape) {
    return new Input(
        DType.F32,
        shape,
        (random, count) -> {
          double[] values = new double[count];
          Arrays.setAll(values, i -> 0.1 * (i - count / 2) + random.nextDouble(0.05));
          for (int i = count - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            double held = values[i];
            values[i] = values[j];
            values[j] = held;
          }
          return values;
        });
  }

  /** Integers from -3 to 3 as single-precision numbers, so that some are equal. */
  static Input wholeFloats(int... shape) {
    return each(DType.F32, shape, random -> random.nextInt(-3, 4));
  }

  static Input integers(DType dtype, int low, int high, int... shape) {
    return each(dtype, shape, random -> random.nextInt(low, high));
  }

  /** Row numbers from 0 to {@code rows - 1}. */
  static Input ids(int rows, int... shape) {
    return integers(DType.I32, 0, rows, shape);
  }

  static Input longIds(int rows, int... shape) {
    return integers(DType.I64, 0, rows, shape);
  }

  static Input booleans(int... shape) {
    return each(DType.BOOL, shape, random -> random.nextInt(2));
  }

  private static Input each(
      DType dtype, int[] shape, java.util.function.ToDoubleFunction<RandomGenerator> one) {
    return new Input(
        dtype,
        shape,
        (random, count) -> {
          double[] values = new double[count];
          Arrays.setAll(values, i -> one.applyAsDouble(random));
          return values;
        });
  }

  /** The same values, rounded. */
  Input rounded(DoubleUnaryOperator round) {
    return new Input(
        dtype,
        shape,
        (random, count) -> Arrays.stream(values.draw(random, count)).map(round).toArray());
  }

  /** Values that a float holds exactly, so that reference and library start from the same. */
  NdArray draw(RandomGenerator random) {
    int count = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    double[] drawn = values.draw(random, count);
    Arrays.setAll(drawn, i -> (float) drawn[i]);
    return NdArray.of(drawn, shape);
  }

  static Tensor tensor(NdArray array, DType dtype) {
    double[] data = array.data();
    long[] shape = array.tensorShape().toArray();
    Tensor flat =
        switch (dtype) {
          case I32 -> Tensor.of(Arrays.stream(data).mapToInt(v -> (int) v).toArray());
          case I64 -> Tensor.of(Arrays.stream(data).mapToLong(v -> (long) v).toArray());
          case BOOL -> {
            boolean[] values = new boolean[data.length];
            for (int i = 0; i < values.length; i++) {
              values[i] = data[i] != 0;
            }
            yield Tensor.of(values);
          }
          default -> {
            float[] values = new float[data.length];
            for (int i = 0; i < values.length; i++) {
              values[i] = (float) data[i];
            }
            yield Tensor.of(values);
          }
        };
    return flat.reshape(shape);
  }

  @Override
  public String toString() {
    return (dtype == DType.F32 ? "" : dtype + " ") + Arrays.toString(shape);
  }
}
