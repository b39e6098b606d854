package io.github.jaubert.benchmarks.operations;

import io.github.jaubert.tensor.Device;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** An {@link Operation} under JMH, for a closer look at one than the measuring program gives. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public abstract class OperationBenchmark {
  /** Threads to compute with. */
  @Param({"1", "2"})
  public int threads;

  private Operation operation;

  /** The operation that the parameters describe. */
  protected abstract Operation open();

  /** Makes the inputs. */
  @Setup(Level.Trial)
  public void setUp() {
    Device.cpu().threads(threads);
    operation = open();
  }

  /** Frees them. */
  @TearDown(Level.Trial)
  public void tearDown() {
    operation.close();
  }

  /** Without a record for gradients. */
  @Benchmark
  public void forward() {
    operation.infer();
  }

  /** With its gradients. */
  @Benchmark
  public void forwardAndBackward() {
    operation.recordAndBackward();
  }
}
