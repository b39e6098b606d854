package io.github.jaubert.benchmarks.models;

import io.github.jaubert.benchmarks.JaubertProgram;
import io.github.jaubert.benchmarks.measure.EncoderShape;
import io.github.jaubert.benchmarks.measure.SentenceLengths;
import io.github.jaubert.benchmarks.measure.Timing;
import io.github.jaubert.benchmarks.measure.Work;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Device;
import java.util.ArrayList;
import java.util.List;
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
  /** Measures. */
  public static void main(String[] arguments) {
    run(new GrowthBenchmark(), arguments);
  }

  @Override
  protected List<Work> works(int threads, long seed) {
    List<Work> works = new ArrayList<>();
    for (int count = 1; count <= threads; count++) {
      works.add(step("threads " + count, EncoderShape.MINILM, 4096, 128, count, seed));
    }
    for (int tokens : new int[] {512, 1024, 2048, 3072, 4096, 6144, 8192}) {
      works.add(step("tokens " + tokens, EncoderShape.MINILM, tokens, 64, threads, seed));
    }
    for (int length : new int[] {16, 32, 64, 128, 256, 512}) {
      works.add(step("length " + length, EncoderShape.MINILM, 4096, length, threads, seed));
    }
    for (int hidden : new int[] {128, 256, 384, 512, 768}) {
      EncoderShape shape = EncoderShape.ofHidden(hidden);
      works.add(step("hidden " + hidden, shape, 2048, 64, threads, seed));
    }
    return works;
  }

  private static Work step(
      String what, EncoderShape shape, int tokens, int length, int threads, long seed) {
    double flops = 3.0 * (tokens / length) * shape.classifierFlops(length);
    return Work.timed(
        "growth, " + what,
        flops,
        0,
        seconds -> {
          Device.cpu().threads(threads);
          LabelledBatch batch = LabelledBatch.random(seed, SentenceLengths.equal(tokens, length));
          try (Training training = Training.of(shape, DType.F32, seed)) {
            return Timing.repeat(() -> training.step(batch), seconds);
          }
        });
  }
}
