package io.github.jaubert.optim;

import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.nn.Parameter;
import java.util.List;

/**
 * AdamW (Loshchilov and Hutter 2019): Adam with decoupled weight decay, and gradients clipped by
 * their global norm (Pascanu, Mikolov and Bengio 2013). All parameters are changed in one pass.
 */
public final class AdamW extends AdamOptimizer {
  private AdamW(List<ParameterGroup> groups, float learningRate, AdamWOptions options) {
    super("AdamW", Kernels::jb_adamw, groups, learningRate, options);
  }

  /** With {@link AdamWOptions#defaults} and the groups of {@link ParameterGroup#byDecay}. */
  public static AdamW of(List<Parameter> parameters, float learningRate) {
    return of(parameters, learningRate, AdamWOptions.defaults());
  }

  /** With the groups of {@link ParameterGroup#byDecay}. */
  public static AdamW of(List<Parameter> parameters, float learningRate, AdamWOptions options) {
    return ofGroups(
        ParameterGroup.byDecay(parameters, options.weightDecay()), learningRate, options);
  }

  /** With groups of one's own, whose weight decay takes the place of that in {@code options}. */
  public static AdamW ofGroups(
      List<ParameterGroup> groups, float learningRate, AdamWOptions options) {
    return new AdamW(groups, learningRate, options);
  }
}
