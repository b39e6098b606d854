package io.github.jaubert.nn;

import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Tensor;
import java.util.Objects;

/** A block that makes one tensor from one tensor. */
public abstract class Layer extends Block {
  /** A layer without parameters or children. */
  protected Layer() {}

  /** The layer's result. */
  public abstract Tensor forward(Tensor x);

  /**
   * Makes sure that all parameters are on a device, so that a program that names its device fails
   * here and not in its first step. Nothing is moved: layers are made on the CPU, and stay there.
   *
   * @return this layer
   * @throws UnsupportedOperationException if a parameter is on another device
   */
  public final Layer to(Device device) {
    Objects.requireNonNull(device, "device");
    for (Parameter parameter : parameters()) {
      if (parameter.tensor().device() != device) {
        throw new UnsupportedOperationException(
            "to: parameter %s is on %s, and there is no way from there to %s"
                .formatted(parameter.name(), parameter.tensor().device(), device));
      }
    }
    return this;
  }
}
