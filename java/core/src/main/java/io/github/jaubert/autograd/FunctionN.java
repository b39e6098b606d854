package io.github.jaubert.autograd;

import io.github.jaubert.tensor.Tensor;
import java.util.List;
import java.util.Objects;

/**
 * A function of any number of tensors. Any lambda of that form is one and is differentiated through
 * the operations it calls; {@link #of} makes one with a backward of its own.
 */
@FunctionalInterface
public interface FunctionN {
  /** The function's value. */
  Tensor apply(List<Tensor> inputs);

  /** The gradients of all inputs. */
  @FunctionalInterface
  interface Backward {
    /**
     * One gradient an input, of its shape; null where there is none, as for an integer input.
     *
     * @param inputs what forward was given
     * @param value what forward gave
     * @param dy the gradient of the value
     */
    List<Tensor> gradients(List<Tensor> inputs, Tensor value, Tensor dy);
  }

  /**
   * A function that is recorded as one operation.
   *
   * @param forward the value; what it calls is not recorded, and its intermediate results are freed
   * @param backward the gradients of the inputs
   */
  static FunctionN of(FunctionN forward, Backward backward) {
    Objects.requireNonNull(forward, "forward");
    Objects.requireNonNull(backward, "backward");
    return inputs ->
        CustomOperation.apply(
            inputs,
            forward::apply,
            true,
            (operands, value, dy, wanted) -> backward.gradients(operands, value, dy));
  }
}
