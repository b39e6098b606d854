package io.github.jaubert.benchmarks.models;

import io.github.jaubert.benchmarks.GpuOptions;
import io.github.jaubert.benchmarks.JaubertProgram;
import io.github.jaubert.benchmarks.measure.EncoderShape;
import io.github.jaubert.benchmarks.measure.SentenceLengths;
import io.github.jaubert.benchmarks.measure.Timing;
import io.github.jaubert.benchmarks.measure.Work;
import io.github.jaubert.tensor.Device;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * Training of BERT-base at the sizes of a GPU, with the names and FLOPs of {@code
 * benchmarks/peers/torch_gpu.py}: a step on sequences of one length, and passes over sentences as
 * long as sentences are. Times are those of the device's own clock.
 */
@Command(
    name = "gpu-steps",
    mixinStandardHelpOptions = true,
    description = {
      "Times training steps of BERT-base, one line of JSON each: dropout 0.1, clipping, AdamW.",
      "A replayed step is a CUDA graph, which the CPU does not have.",
      "\"training, sentences\" are batches of --tokens / 256 sentences, log-normal lengths with"
          + " median 32."
    })
public final class GpuSteps extends JaubertProgram {
  private static final EncoderShape SHAPE = EncoderShape.BERT_BASE;

  /** All sentences have so many times as many tokens as a step on one length. */
  private static final int CORPUS = 4;

  /** A batch of sentences has one for so many tokens of a step on one length. */
  private static final int TOKENS_A_SENTENCE = 256;

  @Mixin private GpuOptions options;

  /** Measures. */
  public static void main(String[] arguments) {
    run(new GpuSteps(), arguments);
  }

  @Override
  protected List<Work> works(int threads, long seed) {
    List<Work> works = new ArrayList<>();
    for (int length : new int[] {128, 512}) {
      int[] lengths = SentenceLengths.equal(options.tokens(), length);
      String shape = " %s B%d S%d".formatted(SHAPE.name(), lengths.length, length);
      double flops = 3 * lengths.length * SHAPE.classifierFlops(length);
      works.add(Work.timed("training step" + shape, flops, 0, time -> step(lengths, seed, time)));
      works.add(
          Work.timed("replayed step" + shape, flops, 0, time -> replayed(lengths, seed, time)));
    }
    works.add(Work.of("training, sentences", "tokens/s", seconds -> sentences(seed, seconds)));
    return works;
  }

  private double[] step(int[] lengths, long seed, double seconds) {
    LabelledBatch batch = LabelledBatch.random(seed, lengths);
    try (Training training = Training.of(SHAPE, options.dtype(), seed)) {
      return Timing.repeat(() -> training.step(batch), seconds, Device.defaultDevice()::seconds);
    }
  }

  /** The same step as a CUDA graph, whose inputs are written each time. */
  private double[] replayed(int[] lengths, long seed, double seconds) {
    try (Training training = Training.of(SHAPE, options.dtype(), seed)) {
      Runnable step = training.replayed(LabelledBatch.random(seed, lengths));
      return Timing.repeat(step, seconds, Device.defaultDevice()::seconds);
    }
  }

  /** Tokens a second of passes over all batches, in the order in which the sentences come. */
  private double[] sentences(long seed, double seconds) {
    int[] lengths = SentenceLengths.mixed(CORPUS * options.tokens(), seed);
    List<LabelledBatch> batches = new ArrayList<>();
    int size = options.tokens() / TOKENS_A_SENTENCE;
    for (int i = 0; i < lengths.length; i += size) {
      int end = Math.min(i + size, lengths.length);
      batches.add(LabelledBatch.random(seed + i, Arrays.copyOfRange(lengths, i, end)));
    }
    try (Training training = Training.of(SHAPE, options.dtype(), seed)) {
      Runnable pass = () -> batches.forEach(training::step);
      return Timing.rate(
          Timing.repeat(pass, seconds, Device.defaultDevice()::seconds), CORPUS * options.tokens());
    }
  }
}
