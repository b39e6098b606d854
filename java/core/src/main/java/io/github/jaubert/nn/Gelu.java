package io.github.jaubert.nn;

import io.github.jaubert.tensor.Tensor;

/**
 * The Gaussian error linear unit (Hendrycks and Gimpel 2016), {@code x Phi(x)}, by the error
 * function as in BERT.
 */
public final class Gelu extends Layer {
  private Gelu() {}

  /** The activation as a layer. */
  public static Gelu of() {
    return new Gelu();
  }

  @Override
  public Tensor forward(Tensor x) {
    return F.gelu(x);
  }
}
