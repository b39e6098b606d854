package io.github.jaubert.benchmarks.models;

import io.github.jaubert.benchmarks.JaubertProgram;
import io.github.jaubert.benchmarks.measure.Timing;
import io.github.jaubert.benchmarks.measure.Work;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.tensor.Memory;
import io.github.jaubert.tensor.Rng;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The time of one training step or one inference on a batch of random tokens, all sequences of full
 * length, and the peak of memory: the counterpart of {@code benchmarks/peers/torch_step.py}, with
 * the same options.
 *
 * <p>A training step is forward with dropout 0.1, backward, clipping to 1.0 and AdamW; an inference
 * is the classifier's forward pass.
 */
@Command(
    name = "step",
    mixinStandardHelpOptions = true,
    description = {
      "Times a training step or an inference, and tells the peak of memory.",
      "flops: forward 2 L (4 H^2 + 2 H I) T + 4 L sum(S^2) H; a training step is 3 times that."
    })
public final class StepBenchmark extends JaubertProgram {
  enum Mode {
    TRAIN,
    INFER
  }

  @Option(names = "--shape", defaultValue = "minilm", description = "minilm or bert-base")
  private String shapeName;

  @Option(names = "--mode", defaultValue = "train", description = "${COMPLETION-CANDIDATES}")
  private Mode mode;

  @Option(names = "--batch", defaultValue = "32", description = "sequences in a batch")
  private int batch;

  @Option(names = "--seq", defaultValue = "128", description = "tokens in a sequence")
  private int sequence;

  private StepBenchmark() {}

  /** Runs the benchmark that the arguments describe. */
  public static void main(String[] arguments) {
    System.exit(
        new CommandLine(new StepBenchmark())
            .setCaseInsensitiveEnumValuesAllowed(true)
            .execute(arguments));
  }

  @Override
  protected List<Work> works(int threads, long seed) {
    ModelShape shape = ModelShape.named(shapeName);
    boolean training = mode == Mode.TRAIN;
    String name =
        "%s %s B%d S%d"
            .formatted(training ? "training step" : "inference", shape.name(), batch, sequence);
    double flops = (training ? 3 : 1) * batch * shape.forwardFlops(sequence);
    TokenBatch tokens = RandomTokens.of(batch, sequence, seed);
    return List.of(
        new Work(
            name,
            "ms",
            flops,
            0,
            seconds ->
                training ? train(shape, tokens, seed, seconds) : infer(shape, tokens, seconds)),
        new Work(
            "peak memory, " + name,
            "MB",
            0,
            0,
            seconds -> new double[] {ResidentMemory.peakMegabytes()}),
        new Work(
            "peak of tensors, " + name, "MB", 0, 0, seconds -> new double[] {Memory.peak() / 1e6}));
  }

  private double[] train(ModelShape shape, TokenBatch tokens, long seed, double seconds) {
    Rng.seed(seed);
    int[] labels = RandomTokens.labels(batch);
    try (TrainingLoop loop = new TrainingLoop(shape.newClassifier(), 2e-5f)) {
      return Timing.times(Timing.repeat(() -> loop.step(tokens, labels), seconds), 1e3);
    }
  }

  private static double[] infer(ModelShape shape, TokenBatch tokens, double seconds) {
    try (SequenceClassifier model = shape.newClassifier()) {
      model.eval();
      return Timing.times(Timing.repeat(() -> TrainingLoop.encode(model, tokens), seconds), 1e3);
    }
  }
}
