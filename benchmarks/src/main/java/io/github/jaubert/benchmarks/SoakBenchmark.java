package io.github.jaubert.benchmarks;

import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.optim.AdamW;
import io.github.jaubert.tensor.Memory;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.Arrays;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Many training steps on batches of ever new lengths: live memory must come back to the same byte
 * after every step, and the last steps must be as quick as the first.
 *
 * <p>The lengths repeat every {@code --window} steps, so that windows of steps do the same work and
 * their times compare.
 */
@Command(
    name = "soak",
    mixinStandardHelpOptions = true,
    description = "Watches memory and step time over many steps.")
public final class SoakBenchmark implements Callable<Integer> {
  private static final int SENTENCES = 16;
  private static final int LONGEST = 48;

  @Option(names = "--steps", defaultValue = "2000", description = "training steps")
  private int steps;

  @Option(
      names = "--window",
      defaultValue = "100",
      description = "steps whose median times are compared")
  private int window;

  @Option(
      names = "--tolerance",
      defaultValue = "0.02",
      description = "by how much the last window may be slower")
  private double tolerance;

  /** Runs the soak; the exit code is 1 if memory grew or steps became slower. */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new SoakBenchmark()).execute(arguments));
  }

  @Override
  public Integer call() {
    Rng.seed(0);
    BertConfig config = BertConfig.bertBase().withEncoder(128, 2, 2, 512);
    TokenBatch[] batches = batches();
    int[] labels = new int[SENTENCES];
    for (int i = 0; i < SENTENCES; i++) {
      labels[i] = i % 2;
    }
    double[] milliseconds = new double[steps];
    long[] live = new long[steps];
    try (SequenceClassifier model = SequenceClassifier.of(config, Labels.of("0", "1"));
        AdamW optimizer = AdamW.of(model.parameters(), 2e-5f)) {
      model.train();
      for (int i = 0; i < window; i++) {
        step(model, optimizer, batches[i], labels);
      }
      for (int i = 0; i < steps; i++) {
        long begin = System.nanoTime();
        step(model, optimizer, batches[i % window], labels);
        milliseconds[i] = (System.nanoTime() - begin) * 1e-6;
        live[i] = Memory.live();
      }
    }
    double first = median(Arrays.copyOf(milliseconds, window));
    double last = median(Arrays.copyOfRange(milliseconds, steps - window, steps));
    boolean constant = Arrays.stream(live).allMatch(bytes -> bytes == live[0]);
    boolean steady = last <= first * (1 + tolerance);
    System.out.printf(
        "%d steps: live bytes after each step %s (%d); median step %.3f ms in the first %d, %.3f ms in the last (%+.2f %%)%n",
        steps,
        constant ? "constant" : "NOT CONSTANT",
        live[0],
        first,
        window,
        last,
        (last / first - 1) * 100);
    return constant && steady ? 0 : 1;
  }

  private TokenBatch[] batches() {
    Rng rng = Rng.of(2);
    TokenBatch[] batches = new TokenBatch[window];
    for (int b = 0; b < window; b++) {
      int[] lengths = new int[SENTENCES];
      for (int i = 0; i < SENTENCES; i++) {
        lengths[i] = 1 + rng.nextInt(LONGEST);
      }
      PackedSequences packed = PackedSequences.of(lengths);
      int[] ids = new int[packed.tokens()];
      for (int i = 0; i < ids.length; i++) {
        ids[i] = 1000 + rng.nextInt(29_000);
      }
      batches[b] = new TokenBatch(ids, new int[ids.length], packed);
    }
    return batches;
  }

  private static void step(
      SequenceClassifier model, AdamW optimizer, TokenBatch batch, int[] labels) {
    try (Scope scope = Scope.open()) {
      Tensor loss = model.loss(model.forward(batch), Tensor.of(labels));
      loss.backward();
      optimizer.step();
    }
  }

  private static double median(double[] values) {
    Arrays.sort(values);
    return values[values.length / 2];
  }
}
