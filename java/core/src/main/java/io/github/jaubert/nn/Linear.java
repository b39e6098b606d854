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
  private LinearAdapter adapter; // null: none

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
    return adapted(x, F.linear(x, weight, bias));
  }

  /** The layer with an activation behind it, in one pass: {@code activation(x weight^T + bias)}. */
  public Tensor forward(Tensor x, Activation activation) {
    return isAdapted() ? activated(forward(x), activation) : F.linear(x, weight, bias, activation);
  }

  /** The layer without its bias, for who adds that elsewhere: {@code x weight^T}. */
  public Tensor product(Tensor x) {
    return adapted(x, F.linear(x, weight, null));
  }

  // ---- adapters ----

  /**
   * Has an adapter add to what this layer computes: {@code y = x weight^T + bias + adapter(x)}. Its
   * children become those of this layer, under the same names, until it is detached. Who computes
   * with {@link #weight()} rather than with this layer asks {@link #isAdapted()} first.
   *
   * @throws IllegalStateException if there is one
   */
  public void attach(LinearAdapter adapter) {
    if (this.adapter != null) {
      throw new IllegalStateException(kind() + " has an adapter already: " + this.adapter.kind());
    }
    adapter.children().forEach(this::add);
    this.adapter = adapter;
    if (!training()) {
      eval();
    }
  }

  /** Gives the adapter back, which is the caller's then; null if there is none. */
  public LinearAdapter detach() {
    LinearAdapter detached = adapter;
    if (detached != null) {
      detached.children().keySet().forEach(this::remove);
      adapter = null;
    }
    return detached;
  }

  /** The adapter, or null. */
  public LinearAdapter adapter() {
    return adapter;
  }

  /** Whether an adapter adds to what this layer computes. */
  public boolean isAdapted() {
    return adapter != null && adapter.isActive();
  }

  private Tensor adapted(Tensor x, Tensor y) {
    return isAdapted() ? y.add(adapter.forward(x)).to(x.dtype()) : y;
  }

  private static Tensor activated(Tensor x, Activation activation) {
    return switch (activation) {
      case NONE -> x;
      case GELU -> F.gelu(x);
      case GELU_TANH -> F.geluTanh(x);
      case RELU -> F.relu(x);
      case TANH -> x.tanh().to(x.dtype());
    };
  }

  @Override
  protected String kind() {
    return "Linear(" + in + ", " + out + (bias == null ? ", no bias)" : ")");
  }
}
