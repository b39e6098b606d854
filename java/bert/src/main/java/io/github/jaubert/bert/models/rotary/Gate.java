package io.github.jaubert.bert.models.rotary;

import io.github.jaubert.bert.ConfigJson;
import io.github.jaubert.nn.Activation;
import io.github.jaubert.nn.F;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.tensor.Tensor;

/**
 * The activation of a gated feed-forward part (Shazeer 2020), {@code activation(gate(x)) * up(x)},
 * by Hugging Face's names.
 *
 * @param activation of the kernel behind the product; {@code NONE} for SiLU, which is an operation
 *     of its own
 */
public record Gate(Activation activation) {
  /**
   * One by name.
   *
   * @throws IllegalArgumentException if the name is not one of them
   */
  public static Gate of(String field, String name) {
    if (name.equals("silu") || name.equals("swish")) {
      return new Gate(Activation.NONE);
    }
    try {
      return new Gate(ConfigJson.activation(field, name));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(e.getMessage() + ", silu, swish", e);
    }
  }

  /** Whether it is {@code x * sigmoid(x)}. */
  public boolean isSilu() {
    return activation == Activation.NONE;
  }

  /** {@code activation(layer(x))}. */
  public Tensor forward(Linear layer, Tensor x) {
    return isSilu() ? F.silu(layer.forward(x)) : layer.forward(x, activation);
  }

  /** {@code activation(x weight^T)}. */
  public Tensor forward(Tensor weight, Tensor x) {
    return isSilu() ? F.silu(F.linear(x, weight, null)) : F.linear(x, weight, null, activation);
  }

  /** {@code activation(x)}. */
  public Tensor forward(Tensor x) {
    return switch (activation) {
      case GELU -> F.gelu(x);
      case GELU_TANH -> F.geluTanh(x);
      case RELU -> F.relu(x);
      default -> F.silu(x);
    };
  }
}
