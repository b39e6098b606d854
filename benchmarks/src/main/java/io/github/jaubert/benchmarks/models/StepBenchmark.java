package io.github.jaubert.benchmarks.models;

import io.github.jaubert.benchmarks.JaubertProgram;
import io.github.jaubert.benchmarks.measure.SentenceLengths;
import io.github.jaubert.benchmarks.measure.StepOptions;
import io.github.jaubert.benchmarks.measure.Timing;
import io.github.jaubert.benchmarks.measure.Work;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Memory;
import java.util.ArrayList;
import java.util.List;
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

  /** Runs the benchmark that the arguments describe. */
  public static void main(String[] arguments) {
    run(new StepBenchmark(), arguments);
  }

  @Override
  protected List<Work> works(int threads, long seed) {
    int[] lengths = SentenceLengths.equal(options.batch() * options.sequence(), options.sequence());
    LabelledBatch batch = LabelledBatch.random(seed, lengths);
    List<Work> works =
        new ArrayList<>(
            options.works(
                options.shape().classifierFlops(options.sequence()),
                seconds -> train(batch, seed, seconds),
                seconds -> infer(batch, seconds)));
    String peak = "peak of tensors, " + options.name();
    works.add(Work.of(peak, "MB", seconds -> new double[] {Memory.peak() / 1e6}));
    return works;
  }

  private double[] train(LabelledBatch batch, long seed, double seconds) {
    try (Training training = Training.of(options.shape(), DType.F32, seed)) {
      return Timing.repeat(() -> training.step(batch), seconds, Device.defaultDevice()::seconds);
    }
  }

  private double[] infer(LabelledBatch batch, double seconds) {
    try (SequenceClassifier model = Training.classifier(options.shape())) {
      model.eval();
      return Timing.repeat(
          () -> Training.encode(model, batch.tokens()), seconds, Device.defaultDevice()::seconds);
    }
  }
}
