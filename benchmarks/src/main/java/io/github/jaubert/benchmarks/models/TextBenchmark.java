package io.github.jaubert.benchmarks.models;

import io.github.jaubert.benchmarks.JaubertProgram;
import io.github.jaubert.benchmarks.measure.EncoderShape;
import io.github.jaubert.benchmarks.measure.Timing;
import io.github.jaubert.benchmarks.measure.Work;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.tensor.Rng;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import picocli.CommandLine;
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

  private TextBenchmark() {}

  /** Measures. */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new TextBenchmark()).execute(arguments));
  }

  @Override
  protected List<Work> works(int threads, long seed) {
    List<Work> works = new ArrayList<>();
    works.add(
        new Work(
            "inference, one short sentence",
            "ms",
            flops(BenchmarkInputs.SENTENCE),
            0,
            seconds -> encode(BenchmarkInputs.SENTENCE, seconds)));
    works.add(
        new Work(
            "inference, MiniLM B8 S128",
            "ms",
            flops(BenchmarkInputs.DENSE),
            0,
            seconds -> encode(BenchmarkInputs.DENSE, seconds)));
    for (String corpus : BenchmarkInputs.corpora(inputs, BenchmarkInputs.DEV)) {
      works.add(rate("inference, " + corpus + " dev", seconds -> encodeAll(corpus, seconds)));
    }
    for (String corpus : BenchmarkInputs.corpora(inputs, BenchmarkInputs.TRAIN)) {
      works.add(rate("training, " + corpus, seconds -> train(corpus, seed, seconds)));
      works.add(new Work("losses, " + corpus, "loss", 0, 0, seconds -> losses(corpus)));
    }
    return works;
  }

  private static Work rate(String name, Work.Sampler sampler) {
    return new Work(name, "sentences/s", 0, 0, sampler);
  }

  private Path file(String corpus, String part) {
    return inputs.resolve(BenchmarkInputs.file(corpus, part));
  }

  private double flops(String file) {
    return Files.exists(inputs.resolve(file))
        ? EncoderShape.MINILM.forwardFlops(
            TokenFile.read(inputs.resolve(file)).stream().mapToInt(s -> s.ids().length).toArray())
        : 0;
  }

  private SequenceClassifier model() {
    return SequenceClassifier.fromPretrained(inputs.resolve(BenchmarkInputs.MODEL));
  }

  /** Milliseconds of the one batch in a file. */
  private double[] encode(String file, double seconds) {
    var batch = TokenFile.batches(inputs.resolve(file), Integer.MAX_VALUE).get(0);
    try (SequenceClassifier model = model()) {
      return Timing.times(
          Timing.repeat(() -> TrainingLoop.encode(model, batch.tokens()), seconds), 1e3);
    }
  }

  private double[] encodeAll(String corpus, double seconds) {
    var batches = TokenFile.batches(file(corpus, BenchmarkInputs.DEV), BATCH);
    try (SequenceClassifier model = model()) {
      return passes(batches, batch -> TrainingLoop.encode(model, batch.tokens()), seconds);
    }
  }

  private double[] train(String corpus, long seed, double seconds) {
    var batches = TokenFile.batches(file(corpus, BenchmarkInputs.TRAIN), BATCH);
    Rng.seed(seed);
    SequenceClassifier model = model();
    model.train();
    try (TrainingLoop loop = new TrainingLoop(model, LEARNING_RATE)) {
      return passes(batches, batch -> loop.step(batch.tokens(), batch.labels()), seconds);
    }
  }

  /** In evaluation mode, which leaves dropout out. */
  private double[] losses(String corpus) {
    var batches = TokenFile.batches(file(corpus, BenchmarkInputs.TRAIN), BATCH);
    try (TrainingLoop loop = new TrainingLoop(model(), LEARNING_RATE)) {
      return batches.stream()
          .mapToDouble(batch -> loop.stepAndLoss(batch.tokens(), batch.labels()))
          .toArray();
    }
  }

  /**
   * Sentences a second of passes over all batches, for as long as {@code seconds} and one pass at
   * least, after two batches of warm-up.
   */
  private static double[] passes(
      List<TokenFile.Labelled> batches, Consumer<TokenFile.Labelled> work, double seconds) {
    batches.stream().limit(2).forEach(work);
    double sentences = batches.stream().mapToInt(batch -> batch.labels().length).sum();
    List<Double> rates = new ArrayList<>();
    double spent = 0;
    do {
      long begin = System.nanoTime();
      batches.forEach(work);
      double pass = (System.nanoTime() - begin) * 1e-9;
      rates.add(sentences / pass);
      spent += pass;
    } while (spent < seconds);
    return rates.stream().mapToDouble(Double::doubleValue).toArray();
  }
}
