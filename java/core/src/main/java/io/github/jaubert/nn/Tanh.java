package io.github.jaubert.nn;

import io.github.jaubert.tensor.Tensor;

/** The hyperbolic tangent. */
public final class Tanh extends Layer {
  private Tanh() {}

  /** The activation as a layer. */
  public static Tanh of() {
    return new Tanh();
  }

  @Override
  public Tensor forward(Tensor x) {
    return x.tanh();
  }
}
