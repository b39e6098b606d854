package io.github.jaubert.reference;

import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;
import java.util.Arrays;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.ToDoubleFunction;

/**
 * An array of doubles with a shape, as slow and plain as can be: what results of the library are
 * compared with. It shares no code with the library.
 */
public final class NdArray {
  private final int[] shape;
  private final double[] data;

  private NdArray(int[] shape, double[] data) {
    this.shape = shape;
    this.data = data;
    if (count(shape) != data.length) {
      throw new IllegalArgumentException(
          Arrays.toString(shape) + " with " + data.length + " values");
    }
  }

  public static NdArray of(double[] data, int... shape) {
    return new NdArray(shape.clone(), data);
  }

  public static NdArray scalar(double value) {
    return of(new double[] {value});
  }

  /** The values of a tensor of any type; true is 1. */
  public static NdArray of(Tensor tensor) {
    int[] shape = Arrays.stream(tensor.shape().toArray()).mapToInt(Math::toIntExact).toArray();
    double[] data = new double[count(shape)];
    switch (tensor.dtype()) {
      case BOOL -> {
        boolean[] values = tensor.toBooleans();
        Arrays.setAll(data, i -> values[i] ? 1 : 0);
      }
      case I32, I64 -> {
        long[] values = tensor.toLongs();
        Arrays.setAll(data, i -> values[i]);
      }
      default -> {
        float[] values = tensor.toFloats();
        Arrays.setAll(data, i -> values[i]);
      }
    }
    return of(data, shape);
  }

  /** The array whose element at each index is {@code value(index)}. */
  public static NdArray generate(int[] shape, ToDoubleFunction<int[]> value) {
    double[] data = new double[count(shape)];
    int[] index = new int[shape.length];
    for (int i = 0; i < data.length; i++) {
      data[i] = value.applyAsDouble(index);
      for (int axis = shape.length - 1; axis >= 0 && ++index[axis] == shape[axis]; axis--) {
        index[axis] = 0;
      }
    }
    return of(data, shape);
  }

  private static int count(int[] shape) {
    return Arrays.stream(shape).reduce(1, Math::multiplyExact);
  }

  public int[] shape() {
    return shape.clone();
  }

  public Shape tensorShape() {
    return Shape.of(Arrays.stream(shape).asLongStream().toArray());
  }

  public int rank() {
    return shape.length;
  }

  public int size(int axis) {
    return shape[axis < 0 ? axis + shape.length : axis];
  }

  /** The values row by row; not a copy. */
  public double[] data() {
    return data;
  }

  public NdArray copy() {
    return of(data.clone(), shape);
  }

  public double at(int... index) {
    return data[offset(index)];
  }

  public int offset(int... index) {
    int offset = 0;
    for (int axis = 0; axis < shape.length; axis++) {
      if (index[axis] < 0 || index[axis] >= shape[axis]) {
        throw new IndexOutOfBoundsException(
            Arrays.toString(index) + " in " + Arrays.toString(shape));
      }
      offset = offset * shape[axis] + index[axis];
    }
    return offset;
  }

  public NdArray reshape(int... newShape) {
    return of(data, newShape);
  }

  public NdArray map(DoubleUnaryOperator function) {
    return of(Arrays.stream(data).map(function).toArray(), shape);
  }

  /** {@code function} of two arrays, broadcast as NumPy does. */
  public static NdArray zip(NdArray a, NdArray b, DoubleBinaryOperator function) {
    int[] shape = broadcast(a.shape, b.shape);
    return generate(shape, i -> function.applyAsDouble(a.atBroadcast(i), b.atBroadcast(i)));
  }

  public static int[] broadcast(int[] a, int[] b) {
    int rank = Math.max(a.length, b.length);
    int[] shape = new int[rank];
    for (int i = 1; i <= rank; i++) {
      int sizeA = i <= a.length ? a[a.length - i] : 1;
      int sizeB = i <= b.length ? b[b.length - i] : 1;
      shape[rank - i] = sizeA == 1 ? sizeB : sizeA;
    }
    return shape;
  }

  /** The element that broadcasting puts at an index of a larger shape. */
  public double atBroadcast(int[] index) {
    int[] own = new int[shape.length];
    int skipped = index.length - shape.length;
    for (int axis = 0; axis < shape.length; axis++) {
      own[axis] = shape[axis] == 1 ? 0 : index[axis + skipped];
    }
    return at(own);
  }

  /** Replaces the axis {@code axis} by what {@code function} makes of the values along it. */
  public NdArray reduce(int axis, boolean keepAxis, ToDoubleFunction<double[]> function) {
    int reduced = axis < 0 ? axis + shape.length : axis;
    int[] kept = shape.clone();
    kept[reduced] = 1;
    NdArray result = generate(kept, index -> function.applyAsDouble(line(reduced, index)));
    return keepAxis ? result : result.reshape(without(shape, reduced));
  }

  private double[] line(int axis, int[] index) {
    double[] line = new double[shape[axis]];
    int[] at = index.clone();
    for (int i = 0; i < line.length; i++) {
      at[axis] = i;
      line[i] = at(at);
    }
    return line;
  }

  public static int[] without(int[] values, int position) {
    int[] result = new int[values.length - 1];
    for (int i = 0, j = 0; i < values.length; i++) {
      if (i != position) {
        result[j++] = values[i];
      }
    }
    return result;
  }

  /** {@code index} with one entry replaced. */
  public static int[] with(int[] index, int position, int value) {
    int[] result = index.clone();
    result[position] = value;
    return result;
  }

  /** {@code index} with one entry more, before {@code position}. */
  public static int[] insert(int[] index, int position, int value) {
    int[] result = new int[index.length + 1];
    for (int i = 0, j = 0; i < result.length; i++) {
      result[i] = i == position ? value : index[j++];
    }
    return result;
  }

  @Override
  public String toString() {
    return Arrays.toString(shape)
        + " "
        + Arrays.toString(Arrays.copyOf(data, Math.min(8, data.length)));
  }
}
