package io.github.jaubert.benchmarks.measure;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** Counts what calls allocate on the Java heap, in the calling thread. */
public final class AllocatedBytes {
  private static final int MOST_CALLS = 10_000;
  private static final int SAMPLES = 5;

  private AllocatedBytes() {}

  /**
   * Bytes of one call, each sample the mean of many calls, once the JIT compiler has had {@code
   * seconds} to remove what it can.
   */
  public static double[] sample(Runnable call, double seconds) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long begin = System.nanoTime();
    long warm = 0;
    do {
      call.run();
      warm++;
    } while ((System.nanoTime() - begin) * 1e-9 < seconds);
    int calls = (int) Math.min(MOST_CALLS, warm);
    double[] samples = new double[SAMPLES];
    for (int sample = 0; sample < SAMPLES; sample++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < calls; i++) {
        call.run();
      }
      samples[sample] = (double) (threads.getCurrentThreadAllocatedBytes() - before) / calls;
    }
    return samples;
  }
}
