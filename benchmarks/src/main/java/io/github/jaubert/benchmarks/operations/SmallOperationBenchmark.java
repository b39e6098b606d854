package io.github.jaubert.benchmarks.operations;

import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
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
 * Operations with almost nothing to compute, their results freed; with {@code -prof gc} also their
 * garbage.
 */
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class SmallOperationBenchmark {
  private Tensor a;
  private Tensor b;
  private Tensor row;

  /** Makes the inputs, which belong to no scope. */
  @Setup(Level.Trial)
  public void setUp() {
    Rng rng = Rng.of(0);
    a = Tensor.randn(rng, 8, 8);
    b = Tensor.randn(rng, 8, 8);
    row = Tensor.randn(rng, 8);
  }

  /** Frees them. */
  @TearDown(Level.Trial)
  public void tearDown() {
    a.close();
    b.close();
    row.close();
  }

  /** {@code [8, 8] + [8, 8]}. */
  @Benchmark
  public void add() {
    a.add(b).close();
  }

  /** {@code [8, 8] + [8]}. */
  @Benchmark
  public void addBroadcast() {
    a.add(row).close();
  }

  /** {@code [8, 8] x [8, 8]}. */
  @Benchmark
  public void matmul() {
    a.matmul(b).close();
  }

  /** {@code [8, 8] + [8, 8]} in a scope of its own. */
  @Benchmark
  public void addInScope() {
    try (Scope scope = Scope.open()) {
      a.add(b);
    }
  }
}
