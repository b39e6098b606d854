package io.github.jaubert.benchmarks.models;

import io.github.jaubert.benchmarks.measure.EncoderShape;
import io.github.jaubert.benchmarks.measure.Measurement;
import io.github.jaubert.benchmarks.measure.MeasuringProgram;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Memory;
import io.github.jaubert.tensor.Rng;
import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
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

  @Option(names = "--dtype", defaultValue = "f32", description = "the type of activations")
  private DType dtype;

  /** Runs the soak; the exit code is 1 if memory grew or steps became slower. */
  public static void main(String[] arguments) {
    MeasuringProgram.run(new SoakBenchmark(), arguments);
  }

  @Override
  public Integer call() {
    LabelledBatch[] batches = batches();
    double[] milliseconds = new double[steps];
    long[] live = new long[steps];
    try (Training training = Training.of(new EncoderShape("tiny", 128, 2, 2, 512), dtype, 0)) {
      for (LabelledBatch batch : batches) {
        training.step(batch);
      }
      for (int i = 0; i < steps; i++) {
        long begin = System.nanoTime();
        training.step(batches[i % window]);
        milliseconds[i] = (System.nanoTime() - begin) * 1e-6;
        live[i] = Memory.live();
      }
    }
    double first = Measurement.median(Arrays.copyOf(milliseconds, window));
    double last = Measurement.median(Arrays.copyOfRange(milliseconds, steps - window, steps));
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

  private LabelledBatch[] batches() {
    Rng rng = Rng.of(2);
    return IntStream.range(0, window)
        .mapToObj(
            i ->
                LabelledBatch.random(
                    i, IntStream.range(0, SENTENCES).map(s -> 1 + rng.nextInt(LONGEST)).toArray()))
        .toArray(LabelledBatch[]::new);
  }
}
