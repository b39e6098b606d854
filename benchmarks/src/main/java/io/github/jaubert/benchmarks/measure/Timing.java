package io.github.jaubert.benchmarks.measure;

import java.util.Arrays;
import java.util.function.IntConsumer;

/** Takes the time of calls. */
public final class Timing {
  /** A sample is at least this long, so that reading the clock does not show. */
  private static final double SAMPLE_SECONDS = 0.004;

  /** The share of the time that is spent before the first sample. */
  private static final double WARMUP = 0.25;

  private static final int MIN_SAMPLES = 3;

  private Timing() {}

  /** The number of calls of one sample of {@code call}, and a warm-up on the way. */
  private static int calibrate(Runnable call, double seconds, Stopwatch watch) {
    long begin = System.nanoTime();
    int calls = 1;
    while (true) {
      double took = watch.seconds(times(call, calls));
      if (since(begin) >= seconds * WARMUP && took > 0) {
        double wanted = Math.ceil(SAMPLE_SECONDS / (took / calls));
        return (int) Math.max(1, Math.min(wanted, 1 << 24));
      }
      if (took < SAMPLE_SECONDS && calls < 1 << 24) {
        calls *= 2;
      }
    }
  }

  /** Seconds of one call, a sample each; calls too short for the clock are timed many at once. */
  public static double[] repeat(Runnable call, double seconds) {
    return repeat(call, seconds, Stopwatch.WALL);
  }

  /** The same by another watch. */
  public static double[] repeat(Runnable call, double seconds, Stopwatch watch) {
    int calls = calibrate(call, seconds, watch);
    double[] samples = new double[64];
    int count = 0;
    long begin = System.nanoTime();
    while (count < MIN_SAMPLES || since(begin) < seconds * (1 - WARMUP)) {
      samples = put(samples, count++, watch.seconds(times(call, calls)) / calls);
    }
    return Arrays.copyOf(samples, count);
  }

  private static Runnable times(Runnable call, int calls) {
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
  public static double[] rounds(Runnable prepare, int calls, IntConsumer call, double seconds) {
    return rounds(prepare, calls, call, seconds, Stopwatch.WALL);
  }

  /** The same by another watch. */
  public static double[] rounds(
      Runnable prepare, int calls, IntConsumer call, double seconds, Stopwatch watch) {
    double[] samples = new double[64];
    int count = 0;
    long begin = System.nanoTime();
    boolean warm = false;
    int round = 0;
    while (count < MIN_SAMPLES || since(begin) < seconds) {
      prepare.run();
      for (int i = 0; i < calls; i++) {
        int set = i;
        double took = watch.seconds(() -> call.accept(set));
        if (warm) {
          samples = put(samples, count++, took);
        }
      }
      round++;
      warm = round >= 2 && since(begin) >= seconds * WARMUP;
    }
    return Arrays.copyOf(samples, count);
  }

  private static double[] put(double[] samples, int index, double value) {
    double[] room = index < samples.length ? samples : Arrays.copyOf(samples, 2 * index);
    room[index] = value;
    return room;
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
