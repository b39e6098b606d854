package io.github.jaubert.bert.models.modernbert;

import io.github.jaubert.nn.F;
import io.github.jaubert.nn.Init;
import io.github.jaubert.nn.Layer;
import io.github.jaubert.tensor.Tensor;

/** LayerNorm over the last axis (Ba et al. 2016) that has a shift if the config says so. */
final class Norm extends Layer {
  private final Tensor weight;
  private final Tensor bias; // null: there is none
  private final float eps;

  Norm(ModernBertConfig config) {
    weight = parameter("weight", Init.ones(config.hiddenSize()));
    bias = config.normBias() ? parameter("bias", Init.zeros(config.hiddenSize())) : null;
    eps = (float) config.normEps();
  }

  @Override
  public Tensor forward(Tensor x) {
    return F.layerNorm(x, weight, bias, eps);
  }
}
