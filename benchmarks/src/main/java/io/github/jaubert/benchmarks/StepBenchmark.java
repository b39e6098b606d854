package io.github.jaubert.benchmarks;

import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.bert.BertConfig;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.optim.AdamW;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Memory;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The time of one training step or one inference on a batch of random tokens, as one line of JSON:
 * the counterpart of {@code benchmarks/peers/torch_step.py}, with the same options, shapes and
 * counting of FLOPs.
 *
 * <p>A training step is forward with dropout 0.1, backward, clipping to 1.0 and AdamW, all
 * sequences of full length.
 */
@Command(
    name = "step",
    mixinStandardHelpOptions = true,
    description = "Times a training step or an inference.")
public final class StepBenchmark implements Callable<Integer> {
  enum Shape {
    MINILM(384, 6, 12, 1536),
    BERT_BASE(768, 12, 12, 3072);

    final int hidden;
    final int layers;
    final int heads;
    final int intermediate;

    Shape(int hidden, int layers, int heads, int intermediate) {
      this.hidden = hidden;
      this.layers = layers;
      this.heads = heads;
      this.intermediate = intermediate;
    }

    /**
     * FLOPs of a forward pass: the dense layers and the two products of attention, as ANCHORS of
     * the project count them.
     */
    double forwardFlops(double batch, double sequence) {
      double h = hidden;
      double dense = 2 * layers * (4 * h * h + 2 * h * intermediate) * batch * sequence;
      return dense + 4 * layers * batch * sequence * sequence * h;
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  enum Mode {
    TRAIN,
    INFER
  }

  @Option(names = "--shape", defaultValue = "minilm", description = "${COMPLETION-CANDIDATES}")
  private Shape shape;

  @Option(names = "--mode", defaultValue = "train", description = "${COMPLETION-CANDIDATES}")
  private Mode mode;

  @Option(names = "--batch", defaultValue = "32", description = "sequences in a batch")
  private int batch;

  @Option(names = "--seq", defaultValue = "128", description = "tokens in a sequence")
  private int sequence;

  @Option(names = "--steps", defaultValue = "10", description = "steps that are timed")
  private int steps;

  @Option(names = "--warmup", defaultValue = "3", description = "steps before them")
  private int warmup;

  @Option(names = "--threads", defaultValue = "2", description = "threads to compute with")
  private int threads;

  /** Runs the benchmark that the arguments describe. */
  public static void main(String[] arguments) {
    CommandLine commandLine =
        new CommandLine(new StepBenchmark()).setCaseInsensitiveEnumValuesAllowed(true);
    commandLine.registerConverter(
        Shape.class, name -> Shape.valueOf(name.toUpperCase(Locale.ROOT).replace('-', '_')));
    System.exit(commandLine.execute(arguments));
  }

  @Override
  public Integer call() {
    Device.cpu().threads(threads);
    Rng.seed(0);
    BertConfig config =
        BertConfig.bertBase()
            .withEncoder(shape.hidden, shape.layers, shape.heads, shape.intermediate);
    try (SequenceClassifier model = SequenceClassifier.of(config, Labels.of("0", "1"))) {
      TokenBatch tokens = randomTokens();
      double[] seconds = mode == Mode.TRAIN ? train(model, tokens) : infer(model, tokens);
      report(seconds);
    }
    return 0;
  }

  private TokenBatch randomTokens() {
    int[] lengths = new int[batch];
    Arrays.fill(lengths, sequence);
    int[] ids = new int[batch * sequence];
    Rng rng = Rng.of(1);
    for (int i = 0; i < ids.length; i++) {
      ids[i] = 1000 + rng.nextInt(29_000);
    }
    return new TokenBatch(ids, new int[ids.length], PackedSequences.of(lengths));
  }

  private double[] train(SequenceClassifier model, TokenBatch tokens) {
    int[] labels = new int[batch];
    for (int i = 0; i < batch; i++) {
      labels[i] = i % 2;
    }
    model.train();
    try (AdamW optimizer = AdamW.of(model.parameters(), 2e-5f)) {
      return measure(
          () -> {
            try (Scope step = Scope.open()) {
              Tensor loss = model.loss(model.forward(tokens), Tensor.of(labels));
              loss.backward();
              optimizer.step();
            }
          });
    }
  }

  private double[] infer(SequenceClassifier model, TokenBatch tokens) {
    model.eval();
    return measure(
        () -> {
          try (NoGrad off = NoGrad.open();
              Scope scope = Scope.open()) {
            model.forward(tokens);
          }
        });
  }

  private double[] measure(Runnable step) {
    for (int i = 0; i < warmup; i++) {
      step.run();
    }
    double[] seconds = new double[steps];
    for (int i = 0; i < steps; i++) {
      long begin = System.nanoTime();
      step.run();
      seconds[i] = (System.nanoTime() - begin) * 1e-9;
    }
    return seconds;
  }

  private void report(double[] seconds) {
    double[] sorted = seconds.clone();
    Arrays.sort(sorted);
    double median = (sorted[(steps - 1) / 2] + sorted[steps / 2]) / 2;
    double flops = shape.forwardFlops(batch, sequence) * (mode == Mode.TRAIN ? 3 : 1);
    System.out.printf(
        Locale.ROOT,
        "{\"name\": \"jaubert %s %s B%d S%d\", \"gflops\": %.1f, \"best_gflops\": %.1f, \"ms\": %.2f,"
            + " \"tokens_per_s\": %.0f, \"threads\": %d, \"steps\": %d, \"peak_bytes\": %d, \"version\": \"%s\"}%n",
        mode.name().toLowerCase(Locale.ROOT),
        shape,
        batch,
        sequence,
        flops / median * 1e-9,
        flops / sorted[0] * 1e-9,
        median * 1e3,
        batch * sequence / median,
        threads,
        steps,
        Memory.peak(),
        Device.cpu().description());
  }
}
