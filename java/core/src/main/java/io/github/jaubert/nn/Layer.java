package io.github.jaubert.nn;

import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Tensor;

/** A block that makes one tensor from one tensor. */
public abstract class Layer extends Block {
  /** A layer without parameters or children. */
  protected Layer() {}

  /** The layer's result. */
  public abstract Tensor forward(Tensor x);

  @Override
  public Layer to(Device device) {
    super.to(device);
    return this;
  }
}
