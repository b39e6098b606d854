package io.github.jaubert.benchmarks.operations;

import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.internal.binding.NativeLibrary;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.*;

/**
 * What a call across JNI costs: alone, with a small kernel, and with an array. What an operation on
 * top of it costs, and its garbage, is measured by {@link Operations}.
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

  /** Makes the inputs. */
  @Setup
  public void setUp() {
    NativeLibrary.load();
    context = Kernels.jb_context_create(1);
    x = Kernels.jb_allocate(context, BYTES);
    y = Kernels.jb_allocate(context, BYTES);
    Kernels.jb_fill_zero(context, x, BYTES);
  }

  /** Frees them. */
  @TearDown
  public void tearDown() {
    Kernels.jb_release(context, x, BYTES);
    Kernels.jb_release(context, y, BYTES);
    Kernels.jb_context_destroy(context);
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
}
