package io.github.jaubert.reference;

/**
 * Philox4x32 (Salmon, Moraes, Dror and Shaw 2011), written from the paper, and the numbers that
 * native/include/jaubert/random.h makes of it.
 */
public final class Philox {
  private static final long MASK = 0xFFFFFFFFL;

  private Philox() {}

  /**
   * The block of four 32-bit words, as unsigned numbers, for a counter of four words and a key of
   * two, after so many rounds.
   */
  public static long[] block(int rounds, long[] counter, long[] key) {
    long[] c = counter.clone();
    long k0 = key[0];
    long k1 = key[1];
    for (int round = 0; round < rounds; round++) {
      long product0 = 0xD2511F53L * c[0];
      long product1 = 0xCD9E8D57L * c[2];
      c =
          new long[] {
            (product1 >>> 32 ^ c[1] ^ k0) & MASK,
            product1 & MASK,
            (product0 >>> 32 ^ c[3] ^ k1) & MASK,
            product0 & MASK
          };
      k0 = k0 + 0x9E3779B9L & MASK;
      k1 = k1 + 0xBB67AE85L & MASK;
    }
    return c;
  }

  /** Number {@code index} of (seed, offset): 32 bits. */
  public static long number(long seed, long offset, long index) {
    return group(10, seed, offset, index / 4)[(int) (index % 4)];
  }

  private static long[] group(int rounds, long seed, long offset, long group) {
    return block(
        rounds,
        new long[] {group & MASK, group >>> 32, offset & MASK, offset >>> 32},
        new long[] {seed & MASK, seed >>> 32});
  }

  /** What dropout multiplies element {@code index} by: 0, or 1 / (1 - p). */
  public static double dropout(float p, long seed, long offset, long index) {
    long word = group(7, seed, offset, index / 8)[(int) (index % 8 / 2)];
    long number = index % 2 == 0 ? word & 0xFFFF : word >>> 16;
    long threshold = Math.min(Math.round((double) p * 65536), 65535);
    return number >= threshold ? 1 / (1 - (double) p) : 0;
  }

  /** On [0, 1), from the upper 24 bits. */
  public static double uniform(long seed, long offset, long index) {
    return (number(seed, offset, index) >>> 8) * 0x1p-24;
  }

  /**
   * Standard normal: numbers 2j and 2j + 1 of a group make results 2j and 2j + 1, by Box and
   * Muller.
   */
  public static double normal(long seed, long offset, long index) {
    long first = index & ~1L;
    // A float, as the kernel has it: where it is near 1, its logarithm is what that rounding left.
    double u = Math.fma((float) number(seed, offset, first), 0x1p-32f, 0x1p-33f);
    double angle = 2 * Math.PI * ((int) number(seed, offset, first + 1)) * 0x1p-32;
    return Math.sqrt(-2 * Math.log(u)) * (index == first ? Math.cos(angle) : Math.sin(angle));
  }
}
