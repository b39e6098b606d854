package io.github.jaubert.benchmarks.operations;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One step of AdamW with clipping on the parameters of BERT-base; its gradients are given untimed.
 */
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 5)
@Measurement(iterations = 20)
@Fork(1)
public class AdamWBenchmark {
  private TrainingWorks.AdamWStep adamw;

  /** Makes the parameters. */
  @Setup(Level.Trial)
  public void setUp() {
    adamw = new TrainingWorks.AdamWStep(0);
  }

  /** Gives every parameter a gradient. */
  @Setup(Level.Invocation)
  public void giveGradients() {
    adamw.prepare();
  }

  /** Frees them. */
  @TearDown(Level.Trial)
  public void tearDown() {
    adamw.close();
  }

  /** The step. */
  @Benchmark
  public void step() {
    adamw.step();
  }
}
