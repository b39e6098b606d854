package io.github.jaubert.benchmarks.models;

import io.github.jaubert.benchmarks.GpuOptions;
import io.github.jaubert.benchmarks.JaubertProgram;
import io.github.jaubert.benchmarks.measure.EncoderShape;
import io.github.jaubert.benchmarks.measure.Timing;
import io.github.jaubert.benchmarks.measure.Work;
import io.github.jaubert.benchmarks.operations.SentenceLengths;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Rng;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine;
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
  private static final float LEARNING_RATE = 2e-5f;

  /** All sentences have so many times as many tokens as a step on one length. */
  private static final int CORPUS = 4;

  /** A batch of sentences has one for so many tokens of a step on one length. */
  private static final int TOKENS_A_SENTENCE = 256;

  @Mixin private GpuOptions options;

  private GpuSteps() {}

  /** Measures. */
  public static void main(String[] arguments) {
    System.exit(
        new CommandLine(new GpuSteps())
            .setCaseInsensitiveEnumValuesAllowed(true)
            .execute(arguments));
  }

  @Override
  protected List<Work> works(int threads, long seed) {
    options.requireMultipleOf(512);
    List<Work> works = new ArrayList<>();
    for (int length : new int[] {128, 512}) {
      int batch = options.tokens() / length;
      String shape = "%s B%d S%d".formatted(SHAPE.name(), batch, length);
      double flops = 3 * batch * SHAPE.classifierFlops(length);
      works.add(
          new Work(
              "training step " + shape,
              "ms",
              flops,
              0,
              seconds -> step(RandomTokens.of(batch, length, seed), seed, seconds)));
      works.add(
          new Work(
              "replayed step " + shape,
              "ms",
              flops,
              0,
              seconds -> replayed(RandomTokens.of(batch, length, seed), seed, seconds)));
    }
    works.add(
        new Work("training, sentences", "tokens/s", 0, 0, seconds -> sentences(seed, seconds)));
    return works;
  }

  private double[] step(TokenBatch batch, long seed, double seconds) {
    int[] labels = RandomTokens.labels(batch.lengths().count());
    try (TrainingLoop loop = loop(seed)) {
      return Timing.times(
          Timing.repeat(() -> loop.step(batch, labels), seconds, Device.defaultDevice()::seconds),
          1e3);
    }
  }

  /** The same step as a CUDA graph, whose inputs are written each time. */
  private double[] replayed(TokenBatch batch, long seed, double seconds) {
    int[] labels = RandomTokens.labels(batch.lengths().count());
    try (TrainingLoop loop = loop(seed);
        TrainingLoop.Replayed step = loop.replayed(batch, labels)) {
      return Timing.times(Timing.repeat(step::run, seconds, Device.defaultDevice()::seconds), 1e3);
    }
  }

  /** Tokens a second of passes over all batches, in the order in which the sentences come. */
  private double[] sentences(long seed, double seconds) {
    int[] lengths = SentenceLengths.mixed(CORPUS * options.tokens(), seed);
    List<TokenBatch> batches = new ArrayList<>();
    int size = options.tokens() / TOKENS_A_SENTENCE;
    for (int i = 0; i < lengths.length; i += size) {
      int end = Math.min(i + size, lengths.length);
      batches.add(RandomTokens.of(Arrays.copyOfRange(lengths, i, end), seed + i));
    }
    try (TrainingLoop loop = loop(seed)) {
      Runnable pass =
          () ->
              batches.forEach(
                  batch -> loop.step(batch, RandomTokens.labels(batch.lengths().count())));
      return Timing.rate(
          Timing.repeat(pass, seconds, Device.defaultDevice()::seconds), CORPUS * options.tokens());
    }
  }

  private TrainingLoop loop(long seed) {
    Rng.seed(seed);
    SequenceClassifier model = Classifiers.ofShape(SHAPE).computeType(options.dtype());
    return new TrainingLoop(model, LEARNING_RATE);
  }
}
