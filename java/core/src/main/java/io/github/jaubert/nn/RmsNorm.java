package io.github.jaubert.nn;

import io.github.jaubert.tensor.Tensor;

/**
 * Root mean square normalisation (Zhang and Sennrich 2019) over the last axis: {@code weight
 * [size]} starts at 1.
 */
public final class RmsNorm extends Layer {
  private final float eps;
  private final Tensor weight;

  private RmsNorm(long size, float eps) {
    if (size < 1 || !(eps >= 0)) {
      throw new IllegalArgumentException(
          "RmsNorm: size = " + size + " must be at least 1 and eps = " + eps + " at least 0");
    }
    this.eps = eps;
    weight = parameter("weight", Init.ones(size));
  }

  /** With {@code eps} added to the mean of the squares. */
  public static RmsNorm of(long size, float eps) {
    return new RmsNorm(size, eps);
  }

  /** The scale, {@code [size]}. */
  public Tensor weight() {
    return weight;
  }

  /** What is added to the mean of the squares. */
  public float eps() {
    return eps;
  }

  @Override
  public Tensor forward(Tensor x) {
    return F.rmsNorm(x, weight, eps);
  }

  @Override
  protected String kind() {
    return "RmsNorm(" + weight.size(0) + ", eps " + eps + ")";
  }
}
