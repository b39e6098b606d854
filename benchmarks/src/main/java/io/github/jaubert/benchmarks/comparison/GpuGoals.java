package io.github.jaubert.benchmarks.comparison;

import static io.github.jaubert.benchmarks.comparison.Goal.share;
import static io.github.jaubert.benchmarks.comparison.Goal.times;

import java.util.List;

/** What Jaubert promises on a GPU, a row each. */
final class GpuGoals {
  private static final String PYTORCH = "PyTorch";
  private static final String LAYER_NORM = "bias\\+dropout\\+residual\\+LayerNorm ";
  private static final String COPY = "^copy$";

  private GpuGoals() {}

  /** The goals in the order in which a report shows them. */
  static List<Goal> all() {
    return List.of(
        share(
            "LayerNorm forward, of copy bandwidth",
            0.85,
            Rules.shareOfBandwidth(LAYER_NORM + "forward .*", COPY)),
        share(
            "LayerNorm backward, of copy bandwidth",
            0.75,
            Rules.shareOfBandwidth(LAYER_NORM + "backward .*", COPY)),
        share("AdamW, of copy bandwidth", 0.88, Rules.shareOfBandwidth("AdamW .*", COPY)),
        share(
            "training step, 128 tokens a sequence, of the best product",
            0.40,
            Rules.shareOfFlops("training step .* S128", "^GEMM \\d+$")),
        share(
            "training step, 512 tokens a sequence, of the best product",
            0.38,
            Rules.shareOfFlops("training step .* S512", "^GEMM \\d+$")),
        times("training steps, to PyTorch", 1, Rules.fasterThan(PYTORCH, "training step .*")),
        times(
            "attention, to PyTorch's best backend",
            1,
            Rules.fasterThan(PYTORCH, "attention (forward|backward) .*")),
        times(
            "matrix product + bias + GELU, to PyTorch",
            1,
            Rules.fasterThan(PYTORCH, "GEMM\\+bias\\+GELU .*")));
  }
}
