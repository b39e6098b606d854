package io.github.jaubert.benchmarks;

import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.internal.binding.NativeLibrary;
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

/** What one call across JNI costs: with nothing behind it, with a small kernel, with an array. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class NativeCallBenchmark {
  /** Elements of the tensors. */
  @Param({"1", "1024"})
  public int n;

  private long context;
  private long x;
  private long y;
  private float[] host;

  @Setup(Level.Trial)
  public void setUp() {
    NativeLibrary.load();
    context = Kernels.jb_context_create(1);
    long bytes = (long) n * Float.BYTES;
    x = Kernels.jb_allocate(context, bytes);
    y = Kernels.jb_allocate(context, bytes);
    host = new float[n];
    Kernels.jb_fill_zero(context, x, bytes);
  }

  @TearDown(Level.Trial)
  public void tearDown() {
    long bytes = (long) n * Float.BYTES;
    Kernels.jb_release(context, x, bytes);
    Kernels.jb_release(context, y, bytes);
    Kernels.jb_context_destroy(context);
  }

  @Benchmark
  public int empty() {
    return Kernels.jb_get_threads(context);
  }

  @Benchmark
  public int relu() {
    return Kernels.jb_unary_forward(context, Kernels.JB_RELU, y, x, n, 0f, 0f);
  }

  @Benchmark
  public float[] readToHost() {
    Kernels.jb_read_floats(context, host, x, n);
    return host;
  }
}
