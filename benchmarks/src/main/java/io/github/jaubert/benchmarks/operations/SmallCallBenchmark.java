package io.github.jaubert.benchmarks.operations;

import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.internal.binding.NativeLibrary;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Tensor;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.*;

/**
 * What a call costs that has almost nothing to compute: across JNI alone, with a small kernel, with
 * an array, and as an operation whose result is freed; with {@code -prof gc} also its garbage.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class SmallCallBenchmark {
  private static final int N = 64;
  private static final long BYTES = N * Float.BYTES;

  private final float[] host = new float[N];
  private long context;
  private long x;
  private long y;
  private Tensor a;
  private Tensor b;

  /** Makes the inputs, which belong to no scope. */
  @Setup
  public void setUp() {
    NativeLibrary.load();
    context = Kernels.jb_context_create(1);
    x = Kernels.jb_allocate(context, BYTES);
    y = Kernels.jb_allocate(context, BYTES);
    Kernels.jb_fill_zero(context, x, BYTES);
    Rng rng = Rng.of(0);
    a = Tensor.randn(rng, 8, 8);
    b = Tensor.randn(rng, 8, 8);
  }

  /** Frees them. */
  @TearDown
  public void tearDown() {
    Kernels.jb_release(context, x, BYTES);
    Kernels.jb_release(context, y, BYTES);
    Kernels.jb_context_destroy(context);
    a.close();
    b.close();
  }

  @Benchmark
  public int empty() {
    return Kernels.jb_get_threads(context);
  }

  @Benchmark
  public int relu() {
    return Kernels.jb_unary_forward(context, Kernels.JB_RELU, y, x, N, 0f, 0f);
  }

  @Benchmark
  public float[] readToHost() {
    Kernels.jb_read_floats(context, host, x, N);
    return host;
  }

  /** {@code [8, 8] + [8, 8]}. */
  @Benchmark
  public void add() {
    a.add(b).close();
  }

  /** {@code [8, 8] + [8, 8]} in a scope of its own. */
  @Benchmark
  public void addInScope() {
    try (io.github.jaubert.tensor.Scope scope = io.github.jaubert.tensor.Scope.open()) {
      a.add(b);
    }
  }
}
