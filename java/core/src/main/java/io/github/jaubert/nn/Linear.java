package io.github.jaubert.nn;

import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;

/**
 * {@code y = x weight^T + bias}: {@code weight [out, in]}, {@code bias [out]}, {@code x [..., in]},
 * {@code y [..., out]}.
 */
public final class Linear extends Layer {
  private final long in;
  private final long out;
  private final Tensor weight;
  private final Tensor bias;

  private Linear(long in, long out, boolean withBias) {
    if (in < 1 || out < 1) {
      throw new IllegalArgumentException(
          "Linear: in = " + in + " and out = " + out + "; both must be at least 1");
    }
    this.in = in;
    this.out = out;
    // PyTorch's kaiming_uniform(a = sqrt(5)): deviation 1 / sqrt(3 in), for weight and bias alike.
    float bound = (float) (1 / Math.sqrt(in));
    weight = parameter("weight", Init.uniform(bound, out, in));
    bias = withBias ? parameter("bias", Init.uniform(bound, out)) : null;
  }

  private Linear(Tensor weight, Tensor bias) {
    if (weight.rank() != 2 || bias != null && !bias.shape().equals(Shape.of(weight.size(0)))) {
      throw new IllegalArgumentException(
          "Linear: weight "
              + weight.shape()
              + " and bias "
              + (bias == null ? "none" : bias.shape())
              + "; [out, in] and [out] are needed");
    }
    this.in = weight.size(1);
    this.out = weight.size(0);
    this.weight = parameter("weight", weight);
    this.bias = bias == null ? null : parameter("bias", bias);
  }

  /** A layer with bias. Weight and bias start uniform between ± 1/sqrt(in). */
  public static Linear of(long in, long out) {
    return new Linear(in, out, true);
  }

  /** A layer with or without bias. */
  public static Linear of(long in, long out, boolean bias) {
    return new Linear(in, out, bias);
  }

  /**
   * A layer with given first values, which belong to it from now on.
   *
   * @param weight {@code [out, in]}
   * @param bias {@code [out]}, or null
   * @throws IllegalArgumentException if the shapes do not fit
   */
  public static Linear of(Tensor weight, Tensor bias) {
    return new Linear(weight, bias);
  }

  /** The weight, {@code [out, in]}. */
  public Tensor weight() {
    return weight;
  }

  /** The bias, {@code [out]}, or null. */
  public Tensor bias() {
    return bias;
  }

  @Override
  public Tensor forward(Tensor x) {
    return F.linear(x, weight, bias);
  }

  /** The layer with an activation behind it, in one pass: {@code activation(x weight^T + bias)}. */
  public Tensor forward(Tensor x, Activation activation) {
    return F.linear(x, weight, bias, activation);
  }

  @Override
  protected String kind() {
    return "Linear(" + in + ", " + out + (bias == null ? ", no bias)" : ")");
  }
}
