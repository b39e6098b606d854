package io.github.jaubert.benchmarks.comparison;

import static io.github.jaubert.benchmarks.comparison.Goal.atMost;
import static io.github.jaubert.benchmarks.comparison.Goal.share;
import static io.github.jaubert.benchmarks.comparison.Goal.times;

import io.github.jaubert.benchmarks.comparison.Goal.Scale;
import java.util.List;

/** What Jaubert promises on the CPU: the one table of goals, a row each. */
final class Goals {
  private static final String PYTORCH = "PyTorch";
  private static final String DJL = "DJL";
  private static final String ONNX_RUNTIME = "ONNX Runtime";
  private static final String ND4J = "ND4J";
  private static final String BYTEDECO = "Bytedeco PyTorch";

  private static final String MINILM_STEP = "training step MiniLM B32 S128";
  private static final String BERT_STEP = "training step BERT-base B8 S128";
  private static final String STEPS = "training step (MiniLM|BERT-base) .*";

  /**
   * The best matrix product of the run, whoever made it: sgemm alone reads low if the machine was
   * busy at that moment.
   */
  private static final String SGEMM =
      "^(sgemm .* [2-9]\\d* threads|linear.* (forward|backward) .*)$";

  private static final String COPY = "^copy [2-9]\\d* threads$";
  private static final String MEMORY_BOUND =
      "bias\\+dropout\\+residual\\+LayerNorm (forward|backward) .*"
          + "|GELU (forward|backward) .*"
          + "|cross-entropy (forward|backward) V30522"
          + "|AdamW.* 110M";

  /** A Tensor, its shape and what knows its memory. */
  private static final double HANDLE_BYTES = 96;

  private Goals() {}

  /** The goals in the order in which a report shows them. */
  static List<Goal> all() {
    return List.of(
        times("training step, MiniLM, to PyTorch", 1.5, Rules.fasterThan(PYTORCH, MINILM_STEP)),
        times("training step, BERT-base, to PyTorch", 1.3, Rules.fasterThan(PYTORCH, BERT_STEP)),
        times("training steps, to DJL", 1.9, Rules.fasterThan(DJL, STEPS)),
        times("training steps, to Bytedeco's PyTorch", 1.9, Rules.fasterThan(BYTEDECO, STEPS)),
        share("training steps, of sgemm's peak", 0.78, Rules.shareOfFlops(STEPS, SGEMM)),
        times(
            "training on real lengths, to PyTorch padding batches as they come",
            4,
            Rules.fasterThan(PYTORCH, "training, .*", Way.FILE_ORDER)),
        times(
            "training on real lengths, to PyTorch with batches bucketed by length",
            1.5,
            Rules.fasterThan(PYTORCH, "training, .*", Way.BY_LENGTH)),
        times(
            "inference, one short sentence, to ONNX Runtime",
            1.15,
            Rules.fasterThan(ONNX_RUNTIME, "inference, one short sentence")),
        times(
            "inference, 8 x 128 tokens, to ONNX Runtime",
            1.15,
            Rules.fasterThan(ONNX_RUNTIME, "inference, MiniLM B8 S128")),
        times(
            "inference on real lengths, to PyTorch in file order",
            4,
            Rules.fasterThan(PYTORCH, "inference, .* dev", Way.FILE_ORDER)),
        times(
            "inference on real lengths, to PyTorch sorted by length",
            2,
            Rules.fasterThan(PYTORCH, "inference, .* dev", Way.BY_LENGTH)),
        times(
            "attention, to scaled_dot_product_attention",
            1.5,
            Rules.fasterThan(PYTORCH, "attention (forward|backward) .*")),
        share(
            "memory-bound operations, of copy bandwidth",
            0.8,
            Rules.shareOfBandwidth(MEMORY_BOUND, COPY)),
        times(
            "memory-bound operations, to PyTorch's sequence of operations",
            1.5,
            Rules.fasterThan(PYTORCH, MEMORY_BOUND)),
        times("a small operation from Java, to DJL", 3, Rules.fasterThan(DJL, "add 8x8")),
        times("a small operation from Java, to ND4J", 3, Rules.fasterThan(ND4J, "add 8x8")),
        times(
            "a small operation from Java, to Bytedeco's PyTorch",
            3,
            Rules.fasterThan(BYTEDECO, "add 8x8")),
        atMost(
            "bytes on Java's heap of a small operation: its result's handle alone",
            HANDLE_BYTES,
            Scale.PLAIN,
            Rules.value("add 8x8: garbage")),
        atMost(
            "peak memory of training steps, to the best of the peers",
            0.6,
            Scale.PERCENT,
            Rules.partOfBest(List.of(PYTORCH, DJL, BYTEDECO), "peak memory, " + STEPS)),
        times(
            "from 1 thread to 2",
            1.9,
            Rules.fasterThanOurs("growth, threads 2", "growth, threads 1")),
        atMost(
            "step time against tokens, farthest from a straight line",
            0.1,
            Scale.PERCENT,
            Rules.straightLine("growth, tokens")),
        atMost(
            "step time against sequence length, farthest from a straight line",
            0.1,
            Scale.PERCENT,
            Rules.straightLine("growth, length")),
        atMost(
            "the same losses as PyTorch, largest difference at any step",
            2e-3,
            Scale.PLAIN,
            Rules.sameLosses(PYTORCH, "losses, .*")));
  }
}
