package io.github.jaubert.train;

import io.github.jaubert.optim.AdamW;
import io.github.jaubert.optim.AdamWOptions;
import io.github.jaubert.optim.Lamb;
import io.github.jaubert.optim.Optimizer;
import io.github.jaubert.optim.ParameterGroup;
import java.util.List;

/** What changes the weights of a {@link Trainer}'s model. */
public enum OptimizerType {
  /** {@link AdamW}. */
  ADAMW {
    @Override
    Optimizer of(List<ParameterGroup> groups, float learningRate, AdamWOptions options) {
      return AdamW.ofGroups(groups, learningRate, options);
    }

    @Override
    float eps() {
      return AdamWOptions.defaults().eps();
    }
  },

  /** {@link Lamb}, for steps of many thousand examples. */
  LAMB {
    @Override
    Optimizer of(List<ParameterGroup> groups, float learningRate, AdamWOptions options) {
      return Lamb.ofGroups(groups, learningRate, options);
    }

    @Override
    float eps() {
      return 1e-6f;
    }
  };

  /** What it adds to the root of the mean of the gradients' squares unless said otherwise. */
  abstract float eps();

  abstract Optimizer of(List<ParameterGroup> groups, float learningRate, AdamWOptions options);
}
