package io.github.jaubert.benchmarks.models;

import io.github.jaubert.benchmarks.GpuOptions;
import io.github.jaubert.benchmarks.JaubertProgram;
import io.github.jaubert.benchmarks.measure.EncoderShape;
import io.github.jaubert.benchmarks.measure.SentenceLengths;
import io.github.jaubert.benchmarks.measure.StepOptions;
import io.github.jaubert.benchmarks.measure.Timing;
import io.github.jaubert.benchmarks.measure.Work;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Memory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * The time of one training step or one inference on a batch of random tokens, all sequences of full
 * length, and the peak of memory: the counterpart of {@code benchmarks/peers/torch_step.py}, with
 * the same options.
 *
 * <p>A training step is forward with dropout 0.1, backward, clipping to 1.0 and AdamW; an inference
 * is the classifier's forward pass.
 *
 * <p>With {@code --tokens} the steps of BERT-base that {@code torch_step.py} measures, dropout 0.1,
 * clipping and AdamW: on sequences of one length, the same as a CUDA graph, which the CPU does not
 * have, and passes over batches of --tokens / 256 sentences, log-normal lengths with median 32.
 */
@Command(
    name = "step",
    mixinStandardHelpOptions = true,
    description = {
      "Times a training step or an inference, and tells the peak of memory.",
      "flops: forward 2 L (4 H^2 + 2 H I) T + 4 L sum(S^2) H; a training step is 3 times that,",
      "less what the classifier leaves out: the last layer after its attention, but for [CLS].",
      "With --growth training steps of growing size: tokens T (sequences of 64), sequence length S",
      "(4,096 tokens), hidden size H (2,048 tokens, 6 layers), and threads."
    })
public final class StepBenchmark extends JaubertProgram {
  /** All sentences have so many times as many tokens as a step on one length. */
  private static final int CORPUS = 4;

  /** A batch of sentences has one for so many tokens of a step on one length. */
  private static final int TOKENS_A_SENTENCE = 256;

  @Mixin private StepOptions options;
  @Mixin private GpuOptions gpu;

  @Option(names = "--growth", description = "steps of growing size, instead of one")
  private boolean growth;

  /** Runs the benchmark that the arguments describe. */
  public static void main(String[] arguments) {
    run(new StepBenchmark(), arguments);
  }

  @Override
  protected List<Work> works(int threads, long seed) {
    if (growth) {
      return growth(threads, seed);
    }
    if (gpu.tokens() > 0) {
      return worksOfGpu(seed);
    }
    EncoderShape shape = options.shape();
    int length = options.sequence();
    int[] lengths = SentenceLengths.equal(options.batch() * length, length);
    List<Work> works =
        new ArrayList<>(
            options.works(
                gpu.type(),
                shape.classifierFlops(length),
                seconds -> train(shape, lengths, seed, false, seconds),
                seconds -> infer(LabelledBatch.random(seed, lengths), seconds)));
    String peak = "peak of tensors, " + options.name(gpu.type());
    works.add(Work.of(peak, "MB", seconds -> new double[] {Memory.peak() / 1e6}));
    return works;
  }

  private List<Work> growth(int threads, long seed) {
    List<Work> works = new ArrayList<>();
    for (int count = 1; count <= threads; count++) {
      works.add(growth("threads " + count, EncoderShape.MINILM, 4096, 128, count, seed));
    }
    for (int tokens : new int[] {512, 1024, 2048, 3072, 4096, 6144, 8192}) {
      works.add(growth("tokens " + tokens, EncoderShape.MINILM, tokens, 64, threads, seed));
    }
    for (int length : new int[] {16, 32, 64, 128, 256, 512}) {
      works.add(growth("length " + length, EncoderShape.MINILM, 4096, length, threads, seed));
    }
    for (int hidden : new int[] {128, 256, 384, 512, 768}) {
      EncoderShape shape = EncoderShape.ofHidden(hidden);
      works.add(growth("hidden " + hidden, shape, 2048, 64, threads, seed));
    }
    return works;
  }

  private Work growth(
      String what, EncoderShape shape, int tokens, int length, int threads, long seed) {
    int[] lengths = SentenceLengths.equal(tokens, length);
    double flops = 3.0 * lengths.length * shape.classifierFlops(length);
    return Work.timed(
        "growth, " + what,
        flops,
        0,
        seconds -> {
          Device.cpu().threads(threads);
          return train(shape, lengths, seed, false, seconds);
        });
  }

  /** Steps of BERT-base on sequences of one length, and passes over sentences. */
  private List<Work> worksOfGpu(long seed) {
    List<Work> works = new ArrayList<>();
    EncoderShape shape = EncoderShape.BERT_BASE;
    for (int length : new int[] {128, 512}) {
      int[] lengths = SentenceLengths.equal(gpu.tokens(), length);
      String step = " step %s B%d S%d".formatted(shape.name(), lengths.length, length);
      double flops = 3 * lengths.length * shape.classifierFlops(length);
      for (boolean graph : new boolean[] {false, true}) {
        String name = (graph ? "replayed" : "training") + step;
        works.add(Work.timed(name, flops, 0, time -> train(shape, lengths, seed, graph, time)));
      }
    }
    works.add(Work.of("training, sentences", "tokens/s", seconds -> sentences(seed, seconds)));
    return works;
  }

  /** As a CUDA graph, whose inputs are written each time, or call by call. */
  private double[] train(
      EncoderShape shape, int[] lengths, long seed, boolean graph, double seconds) {
    LabelledBatch batch = LabelledBatch.random(seed, lengths);
    try (Training training = Training.of(shape, gpu.dtype(), seed)) {
      Runnable step = graph ? training.replayed(batch) : () -> training.step(batch);
      return Timing.repeat(step, seconds, Device.defaultDevice()::seconds);
    }
  }

  private double[] infer(LabelledBatch batch, double seconds) {
    try (SequenceClassifier model = Training.classifier(options.shape()).computeType(gpu.dtype())) {
      model.eval();
      return Timing.repeat(
          () -> Training.encode(model, batch.tokens()), seconds, Device.defaultDevice()::seconds);
    }
  }

  /** Tokens a second of passes over all batches, in the order in which the sentences come. */
  private double[] sentences(long seed, double seconds) {
    int tokens = CORPUS * gpu.tokens();
    int[] lengths = SentenceLengths.mixed(tokens, seed);
    List<LabelledBatch> batches = new ArrayList<>();
    int size = gpu.tokens() / TOKENS_A_SENTENCE;
    for (int i = 0; i < lengths.length; i += size) {
      int end = Math.min(i + size, lengths.length);
      batches.add(LabelledBatch.random(seed + i, Arrays.copyOfRange(lengths, i, end)));
    }
    try (Training training = Training.of(EncoderShape.BERT_BASE, gpu.dtype(), seed)) {
      Runnable pass = () -> batches.forEach(training::step);
      return Timing.rate(Timing.repeat(pass, seconds, Device.defaultDevice()::seconds), tokens);
    }
  }
}
