package io.github.jaubert.optim;

import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.nn.Parameter;
import java.util.List;

/**
 * LAMB (You et al. 2020), for batches of many thousands: AdamW's update, scaled for each tensor by
 * the ratio of the norms of weight and update; but for tensors without weight decay, as in the
 * authors' program and NVIDIA's.
 */
public final class Lamb extends AdamOptimizer {
  private Lamb(List<ParameterGroup> groups, float learningRate, AdamWOptions options) {
    super("Lamb", Kernels::jb_lamb, groups, learningRate, options);
  }

  /**
   * With AdamW's defaults but the paper's eps of 1e-6, and the groups of {@link
   * ParameterGroup#byDecay}.
   */
  public static Lamb of(List<Parameter> parameters, float learningRate) {
    return of(parameters, learningRate, AdamWOptions.defaults().withEps(1e-6f));
  }

  /** With the groups of {@link ParameterGroup#byDecay}. */
  public static Lamb of(List<Parameter> parameters, float learningRate, AdamWOptions options) {
    return ofGroups(
        ParameterGroup.byDecay(parameters, options.weightDecay()), learningRate, options);
  }

  /** With groups of one's own, whose weight decay takes the place of that in {@code options}. */
  public static Lamb ofGroups(
      List<ParameterGroup> groups, float learningRate, AdamWOptions options) {
    return new Lamb(groups, learningRate, options);
  }
}
