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
 * @param tolerance the largest relative error
 * @param floor the size below which an error counts as if the value or gradient had that size
 * @param valueFloor the same for values alone
 * @param rounding the reference with rounding errors in what is kept on the way, whose effect is
 *     allowed for; null where it is never large
 */
record OperationCase(
    String method,
    String variant,
    List<Input> inputs,
    Function<Tensor[], Tensor> operation,
    Function<NdArray[], NdArray> reference,
    DType result,
    boolean differentiable,
    double tolerance,
    double floor,
    double valueFloor,
    BiFunction<NdArray[], RoundingErrors, NdArray> rounding) {

  static OperationCase of(
      String method,
      List<Input> inputs,
      Function<Tensor[], Tensor> operation,
      Function<NdArray[], NdArray> reference) {
    return new OperationCase(
        method, "", inputs, operation, reference, DType.F32, true, 1e-5, 0.05, 0, null);
  }

  /** The number of elements of all operands. */
  long elements() {
    return inputs.stream()
        .mapToLong(
            input -> Arrays.stream(input.shape()).asLongStream().reduce(1, Math::multiplyExact))
        .sum();
  }

  OperationCase with(String words) {
    return new OperationCase(
        method,
        words,
        inputs,
        operation,
        reference,
        result,
        differentiable,
        tolerance,
        floor,
        valueFloor,
        rounding);
  }

  /** A result of another type, or of none of its operands: there is no gradient. */
  OperationCase giving(DType dtype) {
    return new OperationCase(
        method,
        variant,
        inputs,
        operation,
        reference,
        dtype,
        false,
        tolerance,
        floor,
        valueFloor,
        rounding);
  }

  OperationCase withoutGradient() {
    return giving(result);
  }

  OperationCase tolerance(double relative) {
    return new OperationCase(
        method,
        variant,
        inputs,
        operation,
        reference,
        result,
        differentiable,
        relative,
        floor,
        valueFloor,
        rounding);
  }

  /** For results that are small differences of large numbers, such as sums. */
  OperationCase floor(double size) {
    return new OperationCase(
        method,
        variant,
        inputs,
        operation,
        reference,
        result,
        differentiable,
        tolerance,
        size,
        valueFloor,
        rounding);
  }

  /** For values that are such differences while the gradients are not. */
  OperationCase valueFloor(double size) {
    return new OperationCase(
        method,
        variant,
        inputs,
        operation,
        reference,
        result,
        differentiable,
        tolerance,
        floor,
        size,
        rounding);
  }

  /** For operations such as a normalisation, which may divide by a small difference. */
  OperationCase rounding(BiFunction<NdArray[], RoundingErrors, NdArray> withErrors) {
    return new OperationCase(
        method,
        variant,
        inputs,
        operation,
        reference,
        result,
        differentiable,
        tolerance,
        floor,
        valueFloor,
        withErrors);
  }

  @Override
  public String toString() {
    String operands = inputs.stream().map(Input::toString).collect(Collectors.joining(" "));
    return (method + " " + operands + " " + variant).strip();
  }
}
