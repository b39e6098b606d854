package io.github.jaubert.operations;

import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Tensor;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * A layer that computes in 16 bits.
 *
 * @param name of the layer and its options
 * @param type what it computes in
 * @param inputs the operands, first those that have its type
 * @param activations how many of them do; the others are parameters or integers
 * @param layer the layer, from operands of a type, which a result that has no such operand gets too
 * @param plain the same of single operations in F32 which rounds what each of them gives, as an
 *     implementation does that keeps it in memory
 */
record MixedCase(
    String name,
    DType type,
    List<Input> inputs,
    int activations,
    BiFunction<Tensor[], DType, Tensor> layer,
    Function<Tensor[], Tensor> plain) {

  /** Values, and on the way back gradients, rounded to a type. */
  static UnaryOperator<Tensor> rounding(DType type) {
    return x -> x.to(type).to(DType.F32);
  }

  /** Values rounded to BF16 while the gradient passes as it is: a weight that is kept in F32. */
  static Tensor weight(Tensor weight) {
    return weight.add(weight.to(DType.BF16).to(DType.F32).sub(weight).detach());
  }

  @Override
  public String toString() {
    String operands = inputs.stream().map(Input::toString).collect(Collectors.joining(" "));
    return name + " " + type + " " + operands;
  }
}
