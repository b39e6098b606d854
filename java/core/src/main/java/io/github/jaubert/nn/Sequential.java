package io.github.jaubert.nn;

import io.github.jaubert.tensor.Tensor;
import java.util.List;

/**
 * Layers one after another, each fed with the result of the one before. They are named 0, 1, 2 and
 * so on.
 */
public final class Sequential extends Layer {
  private final List<Layer> layers;

  private Sequential(List<Layer> layers) {
    this.layers = layers;
    for (int i = 0; i < layers.size(); i++) {
      add(Integer.toString(i), layers.get(i));
    }
  }

  /** Those layers in that order; without any, the input passes unchanged. */
  public static Sequential of(Layer... layers) {
    return new Sequential(List.of(layers));
  }

  @Override
  public Tensor forward(Tensor x) {
    Tensor y = x;
    for (Layer layer : layers) {
      y = layer.forward(y);
    }
    return y;
  }
}
