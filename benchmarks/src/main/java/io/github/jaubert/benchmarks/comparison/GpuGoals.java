package io.github.jaubert.benchmarks.comparison;

import static io.github.jaubert.benchmarks.comparison.Goal.share;
import static io.github.jaubert.benchmarks.comparison.Goal.times;

import io.github.jaubert.benchmarks.comparison.Goal.Scale;
import io.github.jaubert.tensor.DType;
import java.util.ArrayList;
import java.util.List;

/** What Jaubert aims at on a GPU, one H200, a row each. */
final class GpuGoals {
  private static final String PYTORCH = "PyTorch";
  private static final String LAYER_NORM = "bias\\+dropout\\+residual\\+LayerNorm ";
  private static final String BIAS_GELU = "GEMM\\+bias\\+GELU .*";
  private static final String COPY = "^copy$";

  private GpuGoals() {}

  /** The goals in the order in which a report shows them, of activations of a type. */
  static List<Goal> all(DType dtype) {
    List<Goal> goals = new ArrayList<>();
    if (dtype == DType.BF16) { // in float32 attention does without matrix units
      goals.addAll(attention("forward", 200, 280, 318));
      goals.addAll(attention("backward", 190, 200, 264));
    }
    goals.addAll(ofBothTypes());
    return goals;
  }

  /** TFLOP/s with sequences of 128, 512 and 2,048 tokens: the first goals for one H200. */
  private static List<Goal> attention(String pass, int at128, int at512, int at2048) {
    return List.of(
        attention(pass, 128, at128), attention(pass, 512, at512), attention(pass, 2048, at2048));
  }

  private static Goal attention(String pass, int length, int teraflops) {
    return Goal.atLeast(
        "attention %s, sequences of %d, GF/s".formatted(pass, length),
        1e3 * teraflops,
        Scale.PLAIN,
        Rules.gigaflops("attention %s d64 S%d".formatted(pass, length)));
  }

  private static List<Goal> ofBothTypes() {
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
            "training on sentences, to PyTorch padding batches as they come",
            1.2,
            Rules.fasterThan(PYTORCH, "training, sentences", Way.FILE_ORDER)),
        times(
            "training on sentences, to PyTorch with batches bucketed by length",
            1.2,
            Rules.fasterThan(PYTORCH, "training, sentences", Way.BY_LENGTH)),
        times(
            "attention, to PyTorch's best backend",
            1,
            Rules.fasterThan(PYTORCH, "attention (forward|backward) .*")),
        times("matrix product + bias + GELU, to PyTorch", 1, Rules.fasterThan(PYTORCH, BIAS_GELU)),
        times(
            "matrix product + bias + GELU, to cuBLASLt's epilogue",
            1,
            Rules.fasterThan(CublasLt.WHO, BIAS_GELU)),
        share(
            "matrix product + bias + GELU, of the product alone by cuBLAS",
            0.9,
            Rules.shareOfFlops(BIAS_GELU, "^GEMM 768x3072$")));
  }
}
