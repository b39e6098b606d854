package io.github.jaubert.autograd;

import io.github.jaubert.tensor.Tensor;
import java.util.List;
import java.util.Objects;
import java.util.function.BinaryOperator;

/**
 * A function of one tensor. Any lambda of that form is one and is differentiated through the
 * operations it calls; {@link #of} makes one with a backward of its own.
 *
 * <pre>{@code
 * static final Function1 CUBE =
 *     Function1.of(x -> x.mul(x).mul(x), (x, dy) -> dy.mul(x).mul(x).mul(3f));
 * }</pre>
 */
@FunctionalInterface
public interface Function1 {
  /** The function's value at {@code x}. */
  Tensor apply(Tensor x);

  /**
   * A function that is recorded as one operation.
   *
   * @param forward the value; what it calls is not recorded, and its intermediate results are freed
   * @param backward the gradient of x, of its shape, given x and the gradient of the value
   */
  static Function1 of(Function1 forward, BinaryOperator<Tensor> backward) {
    Objects.requireNonNull(forward, "forward");
    Objects.requireNonNull(backward, "backward");
    return x ->
        CustomOperation.apply(
            List.of(x),
            inputs -> forward.apply(inputs.get(0)),
            false,
            (inputs, value, dy, wanted) -> List.of(backward.apply(inputs.get(0), dy)));
  }
}
