package io.github.jaubert.nn;

import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Tensor;

/**
 * Dropout (Srivastava et al. 2014): in training mode an element is set to 0 with probability p, the
 * others are scaled by 1 / (1 - p). In evaluation mode the input passes unchanged. Masks know p to
 * the nearest 1 / 65536.
 */
public final class Dropout extends Layer {
  private final float p;

  private Dropout(float p) {
    if (!(p >= 0 && p < 1)) {
      throw new IllegalArgumentException("Dropout: p = " + p + " is not in [0, 1)");
    }
    this.p = p;
  }

  /** With probability {@code p} in [0, 1); the masks come from {@link Rng#global()}. */
  public static Dropout of(float p) {
    return new Dropout(p);
  }

  /** The probability that an element is dropped. */
  public float p() {
    return p;
  }

  @Override
  public Tensor forward(Tensor x) {
    return training() && p > 0 ? F.dropout(x, p, Rng.global()) : x;
  }

  @Override
  protected String kind() {
    return "Dropout(" + p + ")";
  }
}
