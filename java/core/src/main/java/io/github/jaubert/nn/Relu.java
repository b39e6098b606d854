package io.github.jaubert.nn;

import io.github.jaubert.tensor.Tensor;

/** The rectifier, {@code max(x, 0)}. */
public final class Relu extends Layer {
  private Relu() {}

  /** The activation as a layer. */
  public static Relu of() {
    return new Relu();
  }

  @Override
  public Tensor forward(Tensor x) {
    return F.relu(x);
  }
}
