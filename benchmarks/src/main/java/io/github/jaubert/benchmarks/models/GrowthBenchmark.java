package io.github.jaubert.benchmarks.models;

import io.github.jaubert.benchmarks.JaubertProgram;
import io.github.jaubert.benchmarks.measure.EncoderShape;
import io.github.jaubert.benchmarks.measure.Timing;
import io.github.jaubert.benchmarks.measure.Work;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Rng;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** How a training step grows with tokens, length of the sequences, hidden size, and threads. */
@Command(
    name = "growth",
    mixinStandardHelpOptions = true,
    description = {
      "Times training steps of growing size: tokens T (sequences of 64), sequence length S (4,096"
          + " tokens), hidden size H (2,048 tokens, 6 layers), and threads 1 and 2.",
      "flops: as those of step."
    })
public final class GrowthBenchmark extends JaubertProgram {
  private static final int[] TOKENS = {512, 1024, 2048, 3072, 4096, 6144, 8192};
  private static final int[] LENGTHS = {16, 32, 64, 128, 256, 512};
  private static final int[] HIDDEN = {128, 256, 384, 512, 768};
  private static final int LENGTH = 64;
  private static final int ALL_TOKENS = 4096;
  private static final int FEWER_TOKENS = 2048;

  private GrowthBenchmark() {}

  /** Measures. */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new GrowthBenchmark()).execute(arguments));
  }

  @Override
  protected List<Work> works(int threads, long seed) {
    List<Work> works = new ArrayList<>();
    for (int count = 1; count <= threads; count++) {
      works.add(step("threads " + count, EncoderShape.MINILM, ALL_TOKENS, 128, count, seed));
    }
    for (int tokens : TOKENS) {
      works.add(step("tokens " + tokens, EncoderShape.MINILM, tokens, LENGTH, threads, seed));
    }
    for (int length : LENGTHS) {
      works.add(step("length " + length, EncoderShape.MINILM, ALL_TOKENS, length, threads, seed));
    }
    for (int hidden : HIDDEN) {
      EncoderShape shape = EncoderShape.ofHidden(hidden);
      works.add(step("hidden " + hidden, shape, FEWER_TOKENS, LENGTH, threads, seed));
    }
    return works;
  }

  private static Work step(
      String what, EncoderShape shape, int tokens, int length, int threads, long seed) {
    int batch = tokens / length;
    return new Work(
        "growth, " + what,
        "ms",
        3 * batch * shape.classifierFlops(length),
        0,
        seconds -> {
          Device.cpu().threads(threads);
          Rng.seed(seed);
          TokenBatch words = RandomTokens.of(batch, length, seed);
          int[] labels = RandomTokens.labels(batch);
          try (TrainingLoop loop = new TrainingLoop(Classifiers.ofShape(shape), 2e-5f)) {
            return Timing.times(Timing.repeat(() -> loop.step(words, labels), seconds), 1e3);
          }
        });
  }
}
