package io.github.jaubert.examples;

import io.github.jaubert.autograd.Function1;
import io.github.jaubert.autograd.Gradcheck;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;

/** An operation with a backward of its own. */
public final class CustomOperation {
  // README: custom
  static final Function1 CUBE =
      Function1.of(
          x -> x.mul(x).mul(x), // forward
          (x, dy) -> dy.mul(x).mul(x).mul(3f)); // gradient of the input, given x and dy

  // README: end

  private CustomOperation() {}

  /** Checks the gradient, then uses the operation. */
  public static void main(String[] arguments) {
    try (Scope scope = Scope.open()) {
      Rng rng = Rng.of(42);
      // README: gradcheck
      Gradcheck.verify(
          CUBE, Tensor.randn(rng, 3, 5)); // throws, with the worst element, if it is wrong
      // README: end
      System.out.println(CUBE.apply(Tensor.of(new float[] {1, 2, 3})));
    }
  }
}
