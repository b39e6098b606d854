package io.github.jaubert.benchmarks.measure;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.BinaryOperator;
import java.util.function.Consumer;
import java.util.function.Function;

/** What a call costs when there is almost nothing to compute: its time, and its garbage. */
public final class SmallCalls {
  private static final int MOST_CALLS = 10_000;
  private static final int SAMPLES = 5;

  private SmallCalls() {}

  /**
   * The time in microseconds, and the garbage in bytes of Java's heap, of three operations on 8 x 8
   * tensors of a library.
   *
   * @param how the end of the works' names
   * @param memory that the operands lie in
   * @param random makes an operand of a shape
   * @param free frees a result
   */
  public static <T> List<Work> works(
      String how,
      Callable<AutoCloseable> memory,
      Function<long[], T> random,
      BinaryOperator<T> add,
      BinaryOperator<T> matmul,
      Consumer<T> free) {
    List<Work> works = new ArrayList<>();
    for (String name : List.of("add 8x8", "add 8x8+8", "matmul 8x8")) {
      BinaryOperator<T> operation = name.startsWith("add") ? add : matmul;
      Callable<Runnable> call =
          () -> {
            T a = random.apply(new long[] {8, 8});
            T b = random.apply(name.endsWith("+8") ? new long[] {8} : new long[] {8, 8});
            return () -> free.accept(operation.apply(a, b));
          };
      works.add(Work.of(name + how, "us", seconds -> in(memory, call, c -> times(c, seconds))));
      works.add(
          Work.of(
              name + how + ": garbage",
              "bytes/call",
              seconds -> in(memory, call, c -> garbage(c, seconds))));
    }
    return works;
  }

  private static double[] in(
      Callable<AutoCloseable> memory,
      Callable<Runnable> call,
      Function<Runnable, double[]> measure) {
    try (AutoCloseable open = memory.call()) {
      return measure.apply(call.call());
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static double[] times(Runnable call, double seconds) {
    return Timing.times(Timing.repeat(call, seconds), 1e6);
  }

  /**
   * Bytes of Java's heap that one call takes in the calling thread, each sample the mean of many
   * calls, once the JIT compiler has had {@code seconds} to remove what it can.
   */
  static double[] garbage(Runnable call, double seconds) {
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
