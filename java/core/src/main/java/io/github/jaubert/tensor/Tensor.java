package io.github.jaubert.tensor;

import io.github.jaubert.internal.ops.CastOps;
import io.github.jaubert.internal.ops.CreationOps;
import io.github.jaubert.internal.ops.ElementwiseOps;
import io.github.jaubert.internal.ops.IndexOps;
import io.github.jaubert.internal.ops.MatmulOps;
import io.github.jaubert.internal.ops.RandomOps;
import io.github.jaubert.internal.ops.ReduceOps;
import io.github.jaubert.internal.ops.SelectionOps;
import io.github.jaubert.internal.ops.ShapeOps;
import io.github.jaubert.internal.ops.SoftmaxOps;
import io.github.jaubert.internal.tape.Tape;

/**
 * A row-major array of numbers in memory outside the Java heap, and the record of how to
 * differentiate it.
 *
 * <p>A result belongs to the innermost {@link Scope} that is open in the thread and is freed when
 * that scope closes; without an open scope it belongs to whoever called, who closes it. Using a
 * tensor after it was freed throws {@link IllegalStateException}. Operations never change their
 * operands, with the exception of {@code copyFrom} and {@code fill}, which overwrite.
 *
 * <p>Arithmetic broadcasts as NumPy does: shapes are aligned at their last axis, and an axis of
 * size 1 stretches. An {@code axis} argument may be negative and then counts from the last axis.
 * Shapes that do not fit throw {@link IllegalArgumentException} and name the operation and the
 * shapes. Operations on real numbers compute in {@link DType#F32}; they take {@link DType#BF16} and
 * {@link DType#F16} too, which are converted first, and give F32. Those that only move elements,
 * such as {@code reshape} and {@code indexSelect}, keep the type.
 *
 * <p>This interface is implemented by the library alone.
 */
public interface Tensor extends AutoCloseable {

  // ---- creation ----

  /** A tensor of {@code values}, row by row. Without a shape it has one axis. */
  static Tensor of(float[] values, long... shape) {
    return CreationOps.of(values, shape);
  }

  /** A tensor of 32-bit integers, row by row. Without a shape it has one axis. */
  static Tensor of(int[] values, long... shape) {
    return CreationOps.of(values, shape);
  }

  /** A tensor of 64-bit integers, row by row. Without a shape it has one axis. */
  static Tensor of(long[] values, long... shape) {
    return CreationOps.of(values, shape);
  }

  /** A tensor of truth values, row by row. Without a shape it has one axis. */
  static Tensor of(boolean[] values, long... shape) {
    return CreationOps.of(values, shape);
  }

  /** A tensor without axes that holds one value. */
  static Tensor scalar(float value) {
    return CreationOps.full(DType.F32, value, Shape.SCALAR);
  }

  /** Zeros of type {@link DType#F32}. */
  static Tensor zeros(long... shape) {
    return CreationOps.full(DType.F32, 0, Shape.of(shape));
  }

  /** Zeros of a type. */
  static Tensor zeros(DType dtype, Shape shape) {
    return CreationOps.full(dtype, 0, shape);
  }

  /** Ones of type {@link DType#F32}. */
  static Tensor ones(long... shape) {
    return CreationOps.full(DType.F32, 1, Shape.of(shape));
  }

  /** {@code value} everywhere. */
  static Tensor full(float value, long... shape) {
    return CreationOps.full(DType.F32, value, Shape.of(shape));
  }

  /** The integers 0 to {@code n - 1}, {@link DType#I64} {@code [n]}. */
  static Tensor arange(long n) {
    return CreationOps.arange(n);
  }

  /** Ones on the diagonal of {@code [n, n]}. */
  static Tensor eye(long n) {
    return CreationOps.eye(n);
  }

  /** Uniform on [0, 1). */
  static Tensor rand(Rng rng, long... shape) {
    return RandomOps.uniform(rng, 0, 1, Shape.of(shape));
  }

  /** Normal with mean 0 and deviation 1. */
  static Tensor randn(Rng rng, long... shape) {
    return RandomOps.normal(rng, 0, 1, Shape.of(shape));
  }

  // ---- what it is ----

  /** The sizes of the axes. */
  Shape shape();

  /** The type of the elements. */
  DType dtype();

  /** Where the memory lies. */
  Device device();

  /** The number of axes. */
  default int rank() {
    return shape().rank();
  }

  /** The size of one axis. */
  default long size(int axis) {
    return shape().size(axis);
  }

  /** The number of elements. */
  default long numel() {
    return shape().numel();
  }

  // ---- reading and overwriting ----

  /** The only element as a number. Waits for the device. */
  float item();

  /** All elements row by row; bfloat16 and float16 are widened. Waits for the device. */
  float[] toFloats();

  /** All elements of an {@link DType#I32} tensor row by row. */
  int[] toInts();

  /** All elements of an {@link DType#I64} or {@link DType#I32} tensor row by row. */
  long[] toLongs();

  /** All elements of a {@link DType#BOOL} tensor row by row. */
  boolean[] toBooleans();

  /**
   * Overwrites this tensor with another of the same shape and type. Not recorded for gradients.
   *
   * @throws IllegalArgumentException if shape or type differ
   */
  Tensor copyFrom(Tensor source);

  /** Overwrites this tensor, row by row, with as many values as it has elements. */
  Tensor copyFrom(float[] values);

  /** The same of a tensor of type {@link DType#I32}. */
  Tensor copyFrom(int[] values);

  /** Overwrites every element. */
  Tensor fill(float value);

  // ---- arithmetic ----

  /** {@code this + other}. */
  default Tensor add(Tensor other) {
    return ElementwiseOps.add(this, other);
  }

  /** {@code this - other}. */
  default Tensor sub(Tensor other) {
    return ElementwiseOps.sub(this, other);
  }

  /** {@code this * other}, element by element. */
  default Tensor mul(Tensor other) {
    return ElementwiseOps.mul(this, other);
  }

  /** {@code this / other}. */
  default Tensor div(Tensor other) {
    return ElementwiseOps.div(this, other);
  }

  /** {@code this} to the power {@code other}. */
  default Tensor pow(Tensor other) {
    return ElementwiseOps.pow(this, other);
  }

  /** The larger of the two; where they are equal the gradient goes to {@code this}. */
  default Tensor maximum(Tensor other) {
    return ElementwiseOps.maximum(this, other);
  }

  /** The smaller of the two; where they are equal the gradient goes to {@code this}. */
  default Tensor minimum(Tensor other) {
    return ElementwiseOps.minimum(this, other);
  }

  /** {@code this + value}. */
  default Tensor add(float value) {
    return ElementwiseOps.affine(this, 1, value);
  }

  /** {@code this - value}. */
  default Tensor sub(float value) {
    return ElementwiseOps.affine(this, 1, -value);
  }

  /** {@code this * value}. */
  default Tensor mul(float value) {
    return ElementwiseOps.affine(this, value, 0);
  }

  /** {@code this / value}. */
  default Tensor div(float value) {
    return ElementwiseOps.divide(this, value);
  }

  /** {@code this} to the power {@code exponent}. */
  default Tensor pow(float exponent) {
    return ElementwiseOps.pow(this, exponent);
  }

  /** {@code -this}. */
  default Tensor neg() {
    return ElementwiseOps.affine(this, -1, 0);
  }

  /** The magnitude; its gradient at 0 is 0. */
  default Tensor abs() {
    return ElementwiseOps.abs(this);
  }

  /** -1, 0 or 1; without a gradient. */
  default Tensor sign() {
    return ElementwiseOps.sign(this);
  }

  /** The largest integer not above; without a gradient. */
  default Tensor floor() {
    return ElementwiseOps.floor(this);
  }

  /** {@code e^this}. */
  default Tensor exp() {
    return ElementwiseOps.exp(this);
  }

  /** The natural logarithm. */
  default Tensor log() {
    return ElementwiseOps.log(this);
  }

  /** The square root. */
  default Tensor sqrt() {
    return ElementwiseOps.sqrt(this);
  }

  /** {@code 1 / sqrt(this)}. */
  default Tensor rsqrt() {
    return ElementwiseOps.rsqrt(this);
  }

  /** The square. */
  default Tensor square() {
    return ElementwiseOps.pow(this, 2);
  }

  /** The sine of an angle in radians. */
  default Tensor sin() {
    return ElementwiseOps.sin(this);
  }

  /** The cosine of an angle in radians. */
  default Tensor cos() {
    return ElementwiseOps.cos(this);
  }

  /** The hyperbolic tangent. */
  default Tensor tanh() {
    return ElementwiseOps.tanh(this);
  }

  /** {@code 1 / (1 + e^-this)}. */
  default Tensor sigmoid() {
    return ElementwiseOps.sigmoid(this);
  }

  /** The error function. */
  default Tensor erf() {
    return ElementwiseOps.erf(this);
  }

  /** {@code max(this, 0)}. */
  default Tensor relu() {
    return ElementwiseOps.relu(this);
  }

  /** {@code log(1 + e^this)}, without overflow. */
  default Tensor softplus() {
    return ElementwiseOps.softplus(this);
  }

  /** Between {@code min} and {@code max}; outside the gradient is 0. */
  default Tensor clamp(float min, float max) {
    return ElementwiseOps.clamp(this, min, max);
  }

  // ---- comparison and selection ----

  /**
   * Whether the elements are equal, {@link DType#BOOL}. Operands may have any one type; so for the
   * other comparisons.
   */
  default Tensor eq(Tensor other) {
    return SelectionOps.eq(this, other);
  }

  /** Whether the elements differ. */
  default Tensor ne(Tensor other) {
    return SelectionOps.ne(this, other);
  }

  /** Whether {@code this < other}. */
  default Tensor lt(Tensor other) {
    return SelectionOps.lt(this, other);
  }

  /** Whether {@code this <= other}. */
  default Tensor le(Tensor other) {
    return SelectionOps.le(this, other);
  }

  /** Whether {@code this > other}. */
  default Tensor gt(Tensor other) {
    return SelectionOps.gt(this, other);
  }

  /** Whether {@code this >= other}. */
  default Tensor ge(Tensor other) {
    return SelectionOps.ge(this, other);
  }

  /** Both, for {@link DType#BOOL}. */
  default Tensor and(Tensor other) {
    return SelectionOps.and(this, other);
  }

  /** Either, for {@link DType#BOOL}. */
  default Tensor or(Tensor other) {
    return SelectionOps.or(this, other);
  }

  /** The opposite, for {@link DType#BOOL}. */
  default Tensor not() {
    return SelectionOps.not(this);
  }

  /** {@code condition ? a : b}, all three broadcast. */
  static Tensor where(Tensor condition, Tensor a, Tensor b) {
    return SelectionOps.where(condition, a, b);
  }

  /** {@code value} where {@code mask} is true, this tensor elsewhere. */
  default Tensor maskedFill(Tensor mask, float value) {
    return SelectionOps.where(mask, CreationOps.scalarBeside(this, value), this);
  }

  // ---- matrices ----

  /**
   * The matrix product {@code [..., m, k] x [..., k, n] = [..., m, n]}; leading axes broadcast. A
   * tensor with one axis is a row on the left and a column on the right, and its axis is gone from
   * the result.
   */
  default Tensor matmul(Tensor other) {
    return MatmulOps.matmul(this, other);
  }

  /** The transpose of a matrix, {@code [m, n]} to {@code [n, m]}. */
  default Tensor t() {
    return ShapeOps.transposeMatrix(this);
  }

  // ---- reductions ----

  /** The sum of all elements. */
  default Tensor sum() {
    return ReduceOps.sum(ShapeOps.flatten(this), 0, false);
  }

  /** The sum along one axis, which is gone from the result. */
  default Tensor sum(int axis) {
    return ReduceOps.sum(this, axis, false);
  }

  /** The sum along one axis, which stays with size 1 if {@code keepAxis}. */
  default Tensor sum(int axis, boolean keepAxis) {
    return ReduceOps.sum(this, axis, keepAxis);
  }

  /** The mean of all elements. */
  default Tensor mean() {
    return ReduceOps.mean(ShapeOps.flatten(this), 0, false);
  }

  /** The mean along one axis. */
  default Tensor mean(int axis) {
    return ReduceOps.mean(this, axis, false);
  }

  /** The mean along one axis, which stays with size 1 if {@code keepAxis}. */
  default Tensor mean(int axis, boolean keepAxis) {
    return ReduceOps.mean(this, axis, keepAxis);
  }

  /** The variance along one axis, divided by {@code size - correction}. */
  default Tensor variance(int axis, int correction, boolean keepAxis) {
    return ReduceOps.variance(this, axis, correction, keepAxis);
  }

  /** The largest of all elements. */
  default Tensor max() {
    return ReduceOps.max(ShapeOps.flatten(this), 0, false);
  }

  /** The largest along one axis; its gradient goes to the first of equals. */
  default Tensor max(int axis, boolean keepAxis) {
    return ReduceOps.max(this, axis, keepAxis);
  }

  /** The smallest of all elements. */
  default Tensor min() {
    return ReduceOps.min(ShapeOps.flatten(this), 0, false);
  }

  /** The smallest along one axis; its gradient goes to the first of equals. */
  default Tensor min(int axis, boolean keepAxis) {
    return ReduceOps.min(this, axis, keepAxis);
  }

  /** The index of the largest along one axis, {@link DType#I64}; of equals the first. */
  default Tensor argmax(int axis) {
    return ReduceOps.argmax(this, axis);
  }

  /** The index of the smallest along one axis, {@link DType#I64}; of equals the first. */
  default Tensor argmin(int axis) {
    return ReduceOps.argmin(this, axis);
  }

  /** Whether any element along one axis is true, for {@link DType#BOOL}. */
  default Tensor any(int axis) {
    return ReduceOps.any(this, axis);
  }

  /** Whether all elements along one axis are true, for {@link DType#BOOL}. */
  default Tensor all(int axis) {
    return ReduceOps.all(this, axis);
  }

  /** The Euclidean norm of all elements; its gradient is 0 where the norm is 0. */
  default Tensor norm() {
    return ReduceOps.norm(this);
  }

  /** {@code e^x / sum(e^x)} along one axis. A row of -inf gives 0, not NaN. */
  default Tensor softmax(int axis) {
    return SoftmaxOps.softmax(this, axis);
  }

  /** {@code x - log(sum(e^x))} along one axis. A row of -inf gives 0, not NaN. */
  default Tensor logSoftmax(int axis) {
    return SoftmaxOps.logSoftmax(this, axis);
  }

  // ---- shapes ----

  /**
   * The same elements, and the same memory, in another shape; one size may be -1 and is then
   * computed.
   */
  default Tensor reshape(long... shape) {
    return ShapeOps.reshape(this, shape);
  }

  /** The same memory with one axis. */
  default Tensor flatten() {
    return ShapeOps.flatten(this);
  }

  /** The same memory with a new axis of size 1 before {@code axis}. */
  default Tensor unsqueeze(int axis) {
    return ShapeOps.unsqueeze(this, axis);
  }

  /** The same memory without an axis of size 1. */
  default Tensor squeeze(int axis) {
    return ShapeOps.squeeze(this, axis);
  }

  /** A copy with axes of size 1 repeated to {@code shape}. */
  default Tensor expand(long... shape) {
    return ShapeOps.expand(this, Shape.of(shape));
  }

  /** A copy whose axis {@code i} is axis {@code axes[i]} of this. */
  default Tensor permute(int... axes) {
    return ShapeOps.permute(this, axes);
  }

  /** A copy with two axes exchanged. */
  default Tensor transpose(int axis1, int axis2) {
    return ShapeOps.transpose(this, axis1, axis2);
  }

  /**
   * {@code length} entries of an axis from {@code start}. Along the first axis it shares memory,
   * otherwise it copies.
   */
  default Tensor narrow(int axis, long start, long length) {
    return ShapeOps.narrow(this, axis, start, length);
  }

  /** One entry of an axis, which is gone from the result. */
  default Tensor select(int axis, long index) {
    return ShapeOps.squeeze(ShapeOps.narrow(this, axis, index, 1), axis);
  }

  /** Tensors one after another along an axis; their other sizes must agree. */
  static Tensor concat(int axis, Tensor... parts) {
    return ShapeOps.concat(axis, parts);
  }

  /** Tensors of one shape side by side along a new axis. */
  static Tensor stack(int axis, Tensor... parts) {
    return ShapeOps.stack(axis, parts);
  }

  // ---- indexing ----

  /**
   * The entries {@code index} ({@link DType#I32} or {@link DType#I64}, one axis) of an axis, in
   * that order.
   */
  default Tensor indexSelect(int axis, Tensor index) {
    return IndexOps.indexSelect(this, axis, index);
  }

  /** {@code result[..., j] = this[..., index[..., j]]}: elements picked along the last axis. */
  default Tensor takeAlong(Tensor index) {
    return IndexOps.takeAlong(this, index);
  }

  /**
   * A copy of this {@code [rows, ...]} to which {@code source[i]} is added at row {@code index[i]},
   * in order of i.
   */
  default Tensor indexAdd(Tensor index, Tensor source) {
    return IndexOps.indexAdd(this, index, source);
  }

  // ---- conversion ----

  /** The elements as another type; the same tensor if it has that type. */
  default Tensor to(DType dtype) {
    return CastOps.cast(this, dtype);
  }

  /** The elements on another device; the same tensor if it is there. */
  default Tensor to(Device device) {
    return CastOps.move(this, device);
  }

  // ---- gradients ----

  /** Whether operations on this tensor are recorded. */
  boolean requiresGrad();

  /**
   * Switches recording on or off for a leaf: a tensor that no recorded operation made.
   *
   * @return this tensor
   */
  Tensor requiresGrad(boolean requiresGrad);

  /** The gradient that {@code backward} left at this leaf, or null. It belongs to this tensor. */
  Tensor grad();

  /**
   * Frees the gradient of this leaf. The next forward pass uses its memory for what backward needs,
   * so a step of training never holds both in full.
   */
  void zeroGrad();

  /** The same memory, from which no gradient flows back. */
  Tensor detach();

  /**
   * Adds the gradient of this tensor, a single number, to every leaf it was computed from, and
   * frees the record. Two losses with a part of their computation in common are added first, and
   * share one pass.
   *
   * @throws IllegalStateException if the record, or a part of it, is gone: an earlier pass ran it,
   *     its scope closed, or another thread made it
   */
  default void backward() {
    Tape.backward(this, null);
  }

  /**
   * The same for a tensor of any shape, given the gradient of the final result with respect to it.
   */
  default void backward(Tensor gradient) {
    Tape.backward(this, gradient);
  }

  // ---- lifetime ----

  /** Takes this tensor out of its scope: it now belongs to the caller, who closes it. */
  Tensor unscoped();

  /** Whether the memory was given back. */
  boolean isClosed();

  /** Gives the memory back now. Closing twice does nothing. */
  @Override
  void close();
}
