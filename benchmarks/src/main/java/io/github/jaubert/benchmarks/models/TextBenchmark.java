package io.github.jaubert.benchmarks.models;

import io.github.jaubert.benchmarks.JaubertProgram;
import io.github.jaubert.benchmarks.measure.EncoderShape;
import io.github.jaubert.benchmarks.measure.StepOptions;
import io.github.jaubert.benchmarks.measure.Timing;
import io.github.jaubert.benchmarks.measure.Work;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Rng;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Training and inference with MiniLM's own weights on sentences as long as they are: the
 * counterpart of {@code benchmarks/peers/torch_text.py} and of the ONNX Runtime peer.
 */
@Command(
    name = "text",
    mixinStandardHelpOptions = true,
    description = {
      "Times training and inference of MiniLM on real sentences, batches of 32 as they come,",
      "and tells the losses of training without dropout."
    })
public final class TextBenchmark extends JaubertProgram {
  private static final int BATCH = 32;
  private static final float LEARNING_RATE = 3e-5f;

  @Option(
      names = "--inputs",
      required = true,
      paramLabel = "DIR",
      description = "the folder that BenchmarkInputs wrote")
  private Path inputs;

  @Option(
      names = "--dtype",
      defaultValue = "f32",
      description = "the type of activations: f32, or bf16, of which works are called so")
  private DType dtype;

  /** Measures. */
  public static void main(String[] arguments) {
    run(new TextBenchmark(), arguments);
  }

  @Override
  protected List<Work> works(int threads, long seed) {
    List<Work> works = new ArrayList<>();
    String type = StepOptions.suffix(dtype.name().toLowerCase(Locale.ROOT));
    works.add(latency("inference, one short sentence" + type, BenchmarkInputs.SENTENCE));
    works.add(latency("inference, MiniLM B8 S128" + type, BenchmarkInputs.DENSE));
    for (String corpus : BenchmarkInputs.corpora(inputs, BenchmarkInputs.DEV)) {
      String name = "inference, " + corpus + " dev" + type;
      works.add(Work.of(name, "sentences/s", seconds -> encode(corpus, seconds)));
    }
    for (String corpus : BenchmarkInputs.corpora(inputs, BenchmarkInputs.TRAIN)) {
      String name = "training, " + corpus + type;
      works.add(Work.of(name, "sentences/s", seconds -> train(corpus, seed, seconds)));
      works.add(Work.of("losses, " + corpus + type, "loss", seconds -> losses(corpus)));
    }
    return works;
  }

  private SequenceClassifier model() {
    return SequenceClassifier.fromPretrained(inputs.resolve(BenchmarkInputs.MODEL))
        .computeType(dtype);
  }

  private List<LabelledBatch> batches(String corpus, String part) {
    return LabelledBatch.read(inputs.resolve(BenchmarkInputs.file(corpus, part)), BATCH);
  }

  /** The time of the one batch in a file. */
  private Work latency(String name, String file) {
    Path path = inputs.resolve(file);
    boolean written = Files.exists(path); // not needed for the name
    LabelledBatch batch = written ? LabelledBatch.read(path, BATCH).get(0) : null;
    double flops = written ? EncoderShape.MINILM.forwardFlops(batch.lengths()) : 0;
    return Work.timed(
        name,
        flops,
        0,
        seconds -> {
          try (SequenceClassifier model = model()) {
            return Timing.repeat(() -> Training.encode(model, batch.tokens()), seconds);
          }
        });
  }

  private double[] encode(String corpus, double seconds) {
    try (SequenceClassifier model = model()) {
      return passes(
          batches(corpus, BenchmarkInputs.DEV),
          batch -> Training.encode(model, batch.tokens()),
          seconds);
    }
  }

  private double[] train(String corpus, long seed, double seconds) {
    Rng.seed(seed);
    SequenceClassifier model = model();
    model.train();
    try (Training training = new Training(model, LEARNING_RATE)) {
      return passes(batches(corpus, BenchmarkInputs.TRAIN), training::step, seconds);
    }
  }

  /** In evaluation mode, which leaves dropout out. */
  private double[] losses(String corpus) {
    try (Training training = new Training(model(), LEARNING_RATE)) {
      return batches(corpus, BenchmarkInputs.TRAIN).stream()
          .mapToDouble(training::stepAndLoss)
          .toArray();
    }
  }

  /** Sentences a second of passes over all batches, after two batches of warm-up. */
  private static double[] passes(
      List<LabelledBatch> batches, Consumer<LabelledBatch> work, double seconds) {
    batches.stream().limit(2).forEach(work);
    double sentences = batches.stream().mapToInt(batch -> batch.labels().length).sum();
    return Timing.rate(Timing.passes(() -> batches.forEach(work), seconds), sentences);
  }
}
