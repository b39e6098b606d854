package io.github.jaubert.benchmarks.measure;

import java.util.Arrays;
import java.util.function.IntConsumer;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;

/**
 * Takes the time of calls, by a clock that does them and gives the seconds they took: the one on
 * the wall, or that of a device which works on its own.
 */
public final class Timing {
  /** A sample is at least this long, so that reading the clock does not show. */
  private static final double SAMPLE_SECONDS = 0.004;

  /** The share of the time that is spent before the first sample. */
  private static final double WARMUP = 0.25;

  private static final int MIN_SAMPLES = 3;
  private static final int MOST_CALLS = 1 << 24;

  private Timing() {}

  /** Seconds by the wall clock, for work that has ended when its call returns. */
  private static double onTheWall(Runnable work) {
    long start = System.nanoTime();
    work.run();
    return since(start);
  }

  /** The number of calls of one sample of {@code call}, and a warm-up on the way. */
  private static int calibrate(Runnable call, double seconds, ToDoubleFunction<Runnable> clock) {
    long begin = System.nanoTime();
    int calls = 1;
    while (true) {
      double took = clock.applyAsDouble(many(call, calls));
      if (since(begin) >= seconds * WARMUP && took > 0) {
        double wanted = Math.ceil(SAMPLE_SECONDS / (took / calls));
        return (int) Math.max(1, Math.min(wanted, MOST_CALLS));
      }
      if (took < SAMPLE_SECONDS && calls < MOST_CALLS) {
        calls *= 2;
      }
    }
  }

  /** Seconds of one call, a sample each; calls too short for the clock are timed many at once. */
  public static double[] repeat(Runnable call, double seconds) {
    return repeat(call, seconds, Timing::onTheWall);
  }

  /** The same by another clock. */
  public static double[] repeat(Runnable call, double seconds, ToDoubleFunction<Runnable> clock) {
    int calls = calibrate(call, seconds, clock);
    DoubleStream.Builder samples = DoubleStream.builder();
    long begin = System.nanoTime();
    for (int n = 0; n < MIN_SAMPLES || since(begin) < seconds * (1 - WARMUP); n++) {
      samples.add(clock.applyAsDouble(many(call, calls)) / calls);
    }
    return samples.build().toArray();
  }

  private static Runnable many(Runnable call, int calls) {
    return () -> {
      for (int i = 0; i < calls; i++) {
        call.run();
      }
    };
  }

  /**
   * Seconds of each of the calls {@code 0} to {@code calls - 1}, over and over; before each round
   * of them {@code prepare} runs, untimed. For what cannot run twice, as a backward pass, and for
   * calls of a millisecond or more.
   */
  public static double[] rounds(
      Runnable prepare,
      int calls,
      IntConsumer call,
      double seconds,
      ToDoubleFunction<Runnable> clock) {
    DoubleStream.Builder samples = DoubleStream.builder();
    long begin = System.nanoTime();
    int count = 0;
    boolean warm = false;
    for (int round = 1; count < MIN_SAMPLES || since(begin) < seconds; round++) {
      prepare.run();
      for (int i = 0; i < calls; i++) {
        int set = i;
        double took = clock.applyAsDouble(() -> call.accept(set));
        if (warm) {
          samples.add(took);
          count++;
        }
      }
      warm = round >= 2 && since(begin) >= seconds * WARMUP;
    }
    return samples.build().toArray();
  }

  /** Seconds of passes over all of a corpus, each after the other: one at least. */
  public static double[] passes(Runnable pass, double seconds) {
    DoubleStream.Builder samples = DoubleStream.builder();
    double spent = 0;
    do {
      double took = onTheWall(pass);
      samples.add(took);
      spent += took;
    } while (spent < seconds);
    return samples.build().toArray();
  }

  private static double since(long start) {
    return (System.nanoTime() - start) * 1e-9;
  }

  /** Each number times {@code factor}. */
  public static double[] times(double[] values, double factor) {
    return Arrays.stream(values).map(value -> value * factor).toArray();
  }

  /** {@code amount} divided by each number: a rate of seconds. */
  public static double[] rate(double[] seconds, double amount) {
    return Arrays.stream(seconds).map(value -> amount / value).toArray();
  }
}
