package io.github.jaubert.operations;

import io.github.jaubert.reference.NdArray;
import io.github.jaubert.reference.RoundingErrors;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * One row of the table of operations.
 *
 * @param method the public method it tests, as {@code Tensor.add(Tensor)}
 * @param variant the arguments that are not tensors, in words
 * @param inputs the operands
 * @param operation calls the method
 * @param reference the same in double precision, from the definition
 * @param result the type of the result
 * @param differentiable whether gradients of its floating-point operands are checked
 * @param bounds how far off the result may be
 */
record OperationCase(
    String method,
    String variant,
    List<Input> inputs,
    Function<Tensor[], Tensor> operation,
    Function<NdArray[], NdArray> reference,
    DType result,
    boolean differentiable,
    Bounds bounds) {

  /**
   * How far off a result may be.
   *
   * @param tolerance the largest relative error
   * @param floor the size below which an error counts as if the value or gradient had that size
   * @param valueFloor the same for values alone
   * @param rounding the reference with rounding errors in what is kept on the way, whose effect is
   *     allowed for; null where it is never large
   */
  record Bounds(
      double tolerance,
      double floor,
      double valueFloor,
      BiFunction<NdArray[], RoundingErrors, NdArray> rounding) {}

  static OperationCase of(
      String method,
      List<Input> inputs,
      Function<Tensor[], Tensor> operation,
      Function<NdArray[], NdArray> reference) {
    return new OperationCase(
        method, "", inputs, operation, reference, DType.F32, true, new Bounds(1e-5, 0.05, 0, null));
  }

  /** The number of elements of all operands. */
  long elements() {
    return inputs.stream()
        .mapToLong(
            input -> Arrays.stream(input.shape()).asLongStream().reduce(1, Math::multiplyExact))
        .sum();
  }

  OperationCase with(String words) {
    return changed(words, result, differentiable, bounds);
  }

  /** A result of another type, or of none of its operands: there is no gradient. */
  OperationCase giving(DType dtype) {
    return changed(variant, dtype, false, bounds);
  }

  OperationCase withoutGradient() {
    return giving(result);
  }

  OperationCase tolerance(double relative) {
    return within(new Bounds(relative, bounds.floor, bounds.valueFloor, bounds.rounding));
  }

  /** For results that are small differences of large numbers, such as sums. */
  OperationCase floor(double size) {
    return within(new Bounds(bounds.tolerance, size, bounds.valueFloor, bounds.rounding));
  }

  /** For values that are such differences while the gradients are not. */
  OperationCase valueFloor(double size) {
    return within(new Bounds(bounds.tolerance, bounds.floor, size, bounds.rounding));
  }

  /** For operations such as a normalisation, which may divide by a small difference. */
  OperationCase rounding(BiFunction<NdArray[], RoundingErrors, NdArray> withErrors) {
    return within(new Bounds(bounds.tolerance, bounds.floor, bounds.valueFloor, withErrors));
  }

  private OperationCase within(Bounds others) {
    return changed(variant, result, differentiable, others);
  }

  private OperationCase changed(String words, DType dtype, boolean hasGradient, Bounds someBounds) {
    return new OperationCase(
        method, words, inputs, operation, reference, dtype, hasGradient, someBounds);
  }

  @Override
  public String toString() {
    String operands = inputs.stream().map(Input::toString).collect(Collectors.joining(" "));
    return (method + " " + operands + " " + variant).strip();
  }
}
