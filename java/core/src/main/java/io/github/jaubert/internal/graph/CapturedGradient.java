package io.github.jaubert.internal.graph;

import io.github.jaubert.internal.tape.AutogradMeta;

/**
 * What a captured step makes of the gradient of a leaf: replays find it and leave it as the step
 * did, at the same place in memory.
 *
 * @param before whether the step began with a gradient, which it adds to, uses or clears
 * @param after whether it leaves one
 */
record CapturedGradient(AutogradMeta leaf, boolean before, boolean after) {
  /** Refuses a replay that would find another state than the step did. */
  void requireBefore() {
    leaf.tensor().requireOpen();
    if (leaf.gradientValid() == before) {
      return;
    }
    String tensor = leaf.tensor().summary();
    throw new IllegalStateException(
        before
            ? tensor + " has no gradient, but the captured step began with one: compute it first"
            : tensor
                + " has a gradient, which a replay would not see: take a step with it, or clear it");
  }

  void replayed() {
    leaf.gradientReplayed(after);
  }

  void release() {
    leaf.releaseGradient();
  }
}
