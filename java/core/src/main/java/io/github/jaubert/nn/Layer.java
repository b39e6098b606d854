package io.github.jaubert.nn;

import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Tensor;

/** A block that makes one tensor from one tensor. */
public abstract class Layer extends Block {
  /** A layer without parameters or children. */
  protected Layer() {}

  /** The layer's result. */
  public abstract Tensor forward(Tensor x);

  /**
   * Makes sure that the parameters are on a device. Layers are made on the CPU.
   *
   * @return this layer
   * @throws UnsupportedOperationException if a parameter is elsewhere
   */
  public final Layer to(Device device) {
    for (Parameter parameter : parameters()) {
      if (parameter.tensor().device() != device) {
        throw new UnsupportedOperationException(
            "parameter %s is on %s and cannot be moved to %s"
                .formatted(parameter.name(), parameter.tensor().device(), device));
      }
    }
    return this;
  }
}
