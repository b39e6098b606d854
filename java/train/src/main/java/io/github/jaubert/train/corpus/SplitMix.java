package io.github.jaubert.train.corpus;

/**
 * Random numbers that are a function of some keys, the same on every JVM: SplitMix64 (Steele, Lea
 * and Flood 2014, "Fast splittable pseudorandom number generators").
 */
final class SplitMix {
  private static final long GAMMA = 0x9E3779B97F4A7C15L;

  private long state;

  /** Each key changes all that follows. */
  SplitMix(long... keys) {
    for (long key : keys) {
      state = mix((state + GAMMA) ^ key);
    }
  }

  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  private long next() {
    state += GAMMA;
    return mix(state);
  }

  /** From 0 to 1, which it never is. */
  double nextDouble() {
    return (next() >>> 11) * 0x1p-53;
  }

  /** From 0 to {@code bound - 1}, biased by less than bound / 2^32. */
  int nextInt(int bound) {
    return (int) ((next() >>> 32) * bound >>> 32);
  }

  /** From 0 to {@code bound - 1}, biased by less than bound / 2^53. */
  long nextLong(long bound) {
    return (long) (nextDouble() * bound);
  }
}
