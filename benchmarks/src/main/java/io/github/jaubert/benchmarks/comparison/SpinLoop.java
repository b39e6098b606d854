package io.github.jaubert.benchmarks.comparison;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/**
 * Whether a machine is left alone: a loop that touches no memory takes the same time whenever it
 * runs, unless something else has the core, or a neighbour of a virtual machine has it.
 */
final class SpinLoop {
  /** Times that spread more than this are those of a disturbed machine. */
  static final double MOST = 0.05;

  private static final int SAMPLES = 150;
  private static final long ROUNDS = 4_000_000; // some 5 ms
  private static final AtomicLong RESULTS = new AtomicLong(); // so that the loop is not left out

  private SpinLoop() {}

  /**
   * By how much of the median the slowest tenth of the loop's times is slower, with so many threads
   * at once, over about a second.
   */
  static double spread(int threads) {
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    List<CompletableFuture<double[]>> running =
        Stream.generate(() -> CompletableFuture.supplyAsync(SpinLoop::times, pool))
            .limit(threads)
            .toList();
    pool.shutdown();
    double[] times =
        running.stream().map(CompletableFuture::join).flatMapToDouble(Arrays::stream).toArray();
    Arrays.sort(times);
    return times[times.length * 9 / 10] / times[times.length / 2] - 1;
  }

  /** Of one thread, in nanoseconds, after twenty rounds of warm-up. */
  private static double[] times() {
    return DoubleStream.generate(SpinLoop::spin).limit(20 + SAMPLES).skip(20).toArray();
  }

  private static double spin() {
    long begin = System.nanoTime();
    long x = begin | 1;
    for (long i = 0; i < ROUNDS; i++) {
      x = x * 6364136223846793005L + 1442695040888963407L;
    }
    RESULTS.addAndGet(x);
    return System.nanoTime() - begin;
  }
}
