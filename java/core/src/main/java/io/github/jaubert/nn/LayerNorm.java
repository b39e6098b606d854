package io.github.jaubert.nn;

import io.github.jaubert.tensor.Tensor;

/**
 * Layer normalisation (Ba, Kiros and Hinton 2016) over the last axis: {@code weight [size]} starts
 * at 1, {@code bias [size]} at 0.
 */
public final class LayerNorm extends Layer {
  private final float eps;
  private final Tensor weight;
  private final Tensor bias;

  private LayerNorm(long size, float eps) {
    if (size < 1 || !(eps >= 0)) {
      throw new IllegalArgumentException(
          "LayerNorm: size = " + size + " must be at least 1 and eps = " + eps + " at least 0");
    }
    this.eps = eps;
    weight = parameter("weight", Init.ones(size));
    bias = parameter("bias", Init.zeros(size));
  }

  /** With {@code eps = 1e-5}. */
  public static LayerNorm of(long size) {
    return new LayerNorm(size, 1e-5f);
  }

  /** With {@code eps} added to the variance; BERT's is 1e-12. */
  public static LayerNorm of(long size, float eps) {
    return new LayerNorm(size, eps);
  }

  /** The scale, {@code [size]}. */
  public Tensor weight() {
    return weight;
  }

  /** The shift, {@code [size]}. */
  public Tensor bias() {
    return bias;
  }

  /** What is added to the variance. */
  public float eps() {
    return eps;
  }

  @Override
  public Tensor forward(Tensor x) {
    return F.layerNorm(x, weight, bias, eps);
  }

  @Override
  protected String kind() {
    return "LayerNorm(" + weight.size(0) + ", eps " + eps + ")";
  }
}
