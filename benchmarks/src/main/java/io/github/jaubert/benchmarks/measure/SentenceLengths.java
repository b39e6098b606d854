package io.github.jaubert.benchmarks.measure;

import java.util.Arrays;
import java.util.SplittableRandom;

/** Lengths of the sequences of a batch, the same in {@code benchmarks/peers/torch_ops.py}. */
public final class SentenceLengths {
  private static final double MEDIAN = 32;
  private static final double DEVIATION = 0.7;
  private static final int SHORTEST = 4;
  private static final int LONGEST = 512;

  private SentenceLengths() {}

  /** As many sequences of {@code length} as {@code tokens} hold. */
  public static int[] equal(int tokens, int length) {
    int[] lengths = new int[tokens / length];
    Arrays.fill(lengths, length);
    return lengths;
  }

  /**
   * Lengths as sentences have them, {@code tokens} in all: log-normal with median 32 (Sichel 1974
   * and others fit sentences by it), from 4 to 512; the last is what is left. Uniform numbers come
   * from SplitMix64 (Steele, Lea and Flood 2014), normal ones from Box and Muller.
   */
  public static int[] mixed(int tokens, long seed) {
    int[] lengths = new int[tokens];
    int count = 0;
    int left = tokens;
    SplittableRandom random = new SplittableRandom(seed); // which is SplitMix64
    while (left > 0) {
      double u = uniform(random);
      double angle = 2 * Math.PI * uniform(random);
      double normal = Math.sqrt(-2 * Math.log(u)) * Math.cos(angle);
      long drawn = (long) Math.floor(MEDIAN * Math.exp(DEVIATION * normal) + 0.5);
      int length = (int) Math.min(left, Math.max(SHORTEST, Math.min(LONGEST, drawn)));
      lengths[count++] = length;
      left -= length;
    }
    return Arrays.copyOf(lengths, count);
  }

  /** A number of (0, 1]. */
  private static double uniform(SplittableRandom random) {
    return ((random.nextLong() >>> 11) + 1) * 0x1.0p-53;
  }
}
