package io.github.jaubert.autograd;

import io.github.jaubert.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * A function of two tensors. Any lambda of that form is one and is differentiated through the
 * operations it calls; {@link #of} makes one with a backward of its own.
 */
@FunctionalInterface
public interface Function2 {
  /** The function's value at {@code a} and {@code b}. */
  Tensor apply(Tensor a, Tensor b);

  /** The gradient of one of the two inputs. */
  @FunctionalInterface
  interface Gradient {
    /** The gradient, of the shape of its input, given both inputs and the gradient of the value. */
    Tensor apply(Tensor a, Tensor b, Tensor dy);
  }

  /**
   * A function that is recorded as one operation. Each gradient is computed only if it is wanted.
   *
   * @param forward the value; what it calls is not recorded, and its intermediate results are freed
   * @param gradientOfA how the gradient of {@code a} follows from that of the value
   * @param gradientOfB how the gradient of {@code b} follows from that of the value
   */
  static Function2 of(Function2 forward, Gradient gradientOfA, Gradient gradientOfB) {
    Objects.requireNonNull(forward, "forward");
    Objects.requireNonNull(gradientOfA, "gradientOfA");
    Objects.requireNonNull(gradientOfB, "gradientOfB");
    return (a, b) ->
        CustomOperation.apply(
            List.of(a, b),
            inputs -> forward.apply(inputs.get(0), inputs.get(1)),
            false,
            (inputs, value, dy, wanted) ->
                Arrays.asList(
                    wanted.test(0) ? gradientOfA.apply(inputs.get(0), inputs.get(1), dy) : null,
                    wanted.test(1) ? gradientOfB.apply(inputs.get(0), inputs.get(1), dy) : null));
  }
}
