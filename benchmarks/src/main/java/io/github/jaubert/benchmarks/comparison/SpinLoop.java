package io.github.jaubert.benchmarks.comparison;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

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
    double[] times =
        IntStream.range(0, threads)
            .mapToObj(i -> new Sampler())
            .peek(Thread::start)
            .toList()
            .stream()
            .flatMapToDouble(Sampler::times)
            .sorted()
            .toArray();
    return times[times.length * 9 / 10] / times[times.length / 2] - 1;
  }

  private static final class Sampler extends Thread {
    private final double[] times = new double[SAMPLES];

    @Override
    public void run() {
      for (int warm = 0; warm < 20; warm++) {
        spin();
      }
      for (int i = 0; i < SAMPLES; i++) {
        long begin = System.nanoTime();
        spin();
        times[i] = System.nanoTime() - begin;
      }
    }

    private static void spin() {
      long x = System.nanoTime() | 1;
      for (long i = 0; i < ROUNDS; i++) {
        x = x * 6364136223846793005L + 1442695040888963407L;
      }
      RESULTS.addAndGet(x);
    }

    DoubleStream times() {
      try {
        join();
      } catch (InterruptedException e) {
        currentThread().interrupt();
      }
      return Arrays.stream(times);
    }
  }
}
