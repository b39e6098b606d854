package io.github.jaubert.nn;

import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;
import java.util.Objects;

/**
 * A learned tensor and its full name in a model, such as {@code
 * encoder.layer.0.output.dense.weight}.
 *
 * @param name the names of the blocks from the root to the tensor, joined by dots
 * @param tensor the values; they belong to the block that made them
 */
public record Parameter(String name, Tensor tensor) {
  /** Both parts are required. */
  public Parameter {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(tensor, "tensor");
  }

  /** The gradient that {@code backward} left, or null. */
  public Tensor grad() {
    return tensor.grad();
  }

  /** The sizes of the axes. */
  public Shape shape() {
    return tensor.shape();
  }

  /** Whether training leaves it alone, see {@link Block#freeze}. */
  public boolean frozen() {
    return !tensor.requiresGrad();
  }

  /** As {@code classifier.weight [26, 384]}. */
  @Override
  public String toString() {
    return name + " " + tensor.shape() + (frozen() ? " frozen" : "");
  }
}
