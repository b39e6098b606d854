package io.github.jaubert.benchmarks.operations;

import io.github.jaubert.tensor.Device;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.*;

/** An {@link Operation} under JMH, for a closer look at one than the measuring program gives. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class OperationBenchmark {
  /** Threads to compute with. */
  @Param({"1", "2"})
  public int threads;

  /** Its name and shape, as {@code benchmarks/run operations --list} has them. */
  @Param({
    "attention d32 S128",
    "attention d64 S128",
    "bias+dropout+residual+LayerNorm H768",
    "linear+bias 384x384",
    "linear+bias+GELU 768x3072",
    "cross-entropy V30522"
  })
  public String name;

  private Operation operation;

  /** Makes the inputs. */
  @Setup
  public void setUp() {
    Device.cpu().threads(threads);
    operation = OperationTable.ofCpu(0).open(name);
  }

  /** Frees them. */
  @TearDown
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
