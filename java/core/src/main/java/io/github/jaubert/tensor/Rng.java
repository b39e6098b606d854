package io.github.jaubert.tensor;

import io.github.jaubert.internal.graph.Capture;
import io.github.jaubert.internal.graph.PhiloxState;

/**
 * A source of random numbers, mutable. Each use takes the next offset of the counter-based
 * generator Philox4x32-10 (Salmon et al. 2011), so that any number is a function of (seed, offset,
 * index) alone, the same on every device.
 *
 * <p>Not thread-safe: {@link #global} is one source a thread.
 */
public final class Rng {
  private static final long DEFAULT_SEED = 0;
  private static final ThreadLocal<Rng> GLOBAL =
      ThreadLocal.withInitial(() -> new Rng(DEFAULT_SEED));
  private static final int M0 = 0xD2511F53;
  private static final int M1 = 0xCD9E8D57;
  private static final int W0 = 0x9E3779B9;
  private static final int W1 = 0xBB67AE85;
  private static final int ROUNDS = 10;

  private final PhiloxState state;

  private Rng(long seed) {
    state = new PhiloxState(seed);
  }

  /** A source that begins at offset 0 of {@code seed}. */
  public static Rng of(long seed) {
    Rng source = new Rng(seed);
    Capture.made(source.state);
    return source;
  }

  /** The source of this thread that dropout and initialisation use; it begins with seed 0. */
  public static Rng global() {
    return GLOBAL.get();
  }

  /** Restarts {@link #global} of this thread with a seed. */
  public static void seed(long seed) {
    global().restore(seed, 0);
  }

  /** The seed. */
  public long seed() {
    return state.seed();
  }

  /** The offset that the next use will take. */
  public long offset() {
    return state.offset();
  }

  /** Takes an offset. */
  public long next() {
    Capture.draws(state);
    return state.next();
  }

  /** Goes to a state that {@link #seed} and {@link #offset} gave. */
  public void restore(long seed, long offset) {
    Capture.sets(state, seed, offset);
    state.set(seed, offset);
  }

  /**
   * A number from 0 to {@code bound - 1}, each equally likely.
   *
   * @throws IllegalArgumentException if {@code bound} is not positive
   */
  public int nextInt(int bound) {
    if (bound <= 0) {
      throw new IllegalArgumentException(
          "nextInt: the bound is " + bound + ", it must be positive");
    }
    return bounded(next(), 0, bound);
  }

  /** Puts {@code values} into a random order (Fisher and Yates), with one use of this source. */
  public void shuffle(int[] values) {
    long use = next();
    for (int i = values.length - 1; i > 0; i--) {
      int j = bounded(use, i, i + 1);
      int held = values[i];
      values[i] = values[j];
      values[j] = held;
    }
  }

  /**
   * Number {@code index} of use {@code use}, scaled to the bound: biased by less than bound / 2^32.
   */
  private int bounded(long use, long index, int bound) {
    return (int) ((philox(seed(), use, index) & 0xFFFFFFFFL) * bound >>> 32);
  }

  /** The first word of Philox4x32-10 with key {@code seed} and counter (index, offset). */
  static int philox(long seed, long offset, long index) {
    int c0 = (int) index;
    int c1 = (int) (index >>> 32);
    int c2 = (int) offset;
    int c3 = (int) (offset >>> 32);
    int k0 = (int) seed;
    int k1 = (int) (seed >>> 32);
    for (int round = 0; round < ROUNDS; round++) {
      long p0 = (M0 & 0xFFFFFFFFL) * (c0 & 0xFFFFFFFFL);
      long p1 = (M1 & 0xFFFFFFFFL) * (c2 & 0xFFFFFFFFL);
      c0 = (int) (p1 >>> 32) ^ c1 ^ k0;
      c1 = (int) p1;
      c2 = (int) (p0 >>> 32) ^ c3 ^ k1;
      c3 = (int) p0;
      k0 += W0;
      k1 += W1;
    }
    return c0;
  }

  /** As {@code Rng(seed 42, offset 17)}. */
  @Override
  public String toString() {
    return "Rng(seed " + seed() + ", offset " + offset() + ")";
  }
}
