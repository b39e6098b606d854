package io.github.jaubert.benchmarks.models;

import io.github.jaubert.benchmarks.JaubertProgram;
import io.github.jaubert.benchmarks.measure.StepOptions;
import io.github.jaubert.benchmarks.measure.Timing;
import io.github.jaubert.benchmarks.measure.Work;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Memory;
import io.github.jaubert.tensor.Rng;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

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
      "flops: forward 2 L (4 H^2 + 2 H I) T + 4 L sum(S^2) H; a training step is 3 times that,",
      "less what the classifier leaves out: the last layer after its attention, but for [CLS]."
    })
public final class StepBenchmark extends JaubertProgram {
  @Mixin private StepOptions options;

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
    TokenBatch tokens = RandomTokens.of(options.batch(), options.sequence(), seed);
    List<Work> works =
        new ArrayList<>(
            options.works(
                options.shape().classifierFlops(options.sequence()),
                seconds -> train(tokens, seed, seconds),
                seconds -> infer(tokens, seconds)));
    works.add(
        new Work(
            "peak of tensors, " + options.name(),
            "MB",
            0,
            0,
            seconds -> new double[] {Memory.peak() / 1e6}));
    return works;
  }

  private double[] train(TokenBatch tokens, long seed, double seconds) {
    Rng.seed(seed);
    int[] labels = RandomTokens.labels(options.batch());
    try (TrainingLoop loop = new TrainingLoop(Classifiers.ofShape(options.shape()), 2e-5f)) {
      return Timing.repeat(
          () -> loop.step(tokens, labels), seconds, Device.defaultDevice()::seconds);
    }
  }

  private double[] infer(TokenBatch tokens, double seconds) {
    try (SequenceClassifier model = Classifiers.ofShape(options.shape())) {
      model.eval();
      return Timing.repeat(
          () -> TrainingLoop.encode(model, tokens), seconds, Device.defaultDevice()::seconds);
    }
  }
}
