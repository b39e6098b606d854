package io.github.jaubert.nn;

/**
 * What {@link F#linear} applies behind the bias, in the same operation. The order is that of the C
 * ABI.
 */
public enum Activation {
  /** Nothing. */
  NONE,
  /** GELU by the error function: Hugging Face's {@code gelu}. */
  GELU,
  /** GELU by the tanh approximation: {@code gelu_new}, {@code gelu_pytorch_tanh}. */
  GELU_TANH,
  /** {@code max(x, 0)}. */
  RELU,
  /** The hyperbolic tangent. */
  TANH
}
