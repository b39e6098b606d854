package io.github.jaubert.measure.similar;

import java.util.Arrays;

/**
 * MinHash of the overlapping pieces of five characters of a text, in bands: two texts whose pieces
 * have Jaccard's index J share a band with the probability 1 - (1 - J^5)^16, which is 0.998 for 0.8
 * and 0.05 for 0.3 (Broder 1997; Leskovec, Rajaraman and Ullman, Mining of Massive Datasets,
 * chapter 3).
 */
public final class MinHash {
  /** Characters of a piece. */
  public static final int PIECE = 5;

  /** How many bands there are; sharing one makes two texts candidates. */
  public static final int BANDS = 16;

  private static final int ROWS = 5; // of a band
  private static final long SEED = 0x6A61756265727431L;
  private static final long[] FACTORS = new long[BANDS * ROWS];
  private static final long[] OFFSETS = new long[BANDS * ROWS];

  static {
    for (int i = 0; i < FACTORS.length; i++) {
      FACTORS[i] = mix(SEED + 2L * i) | 1;
      OFFSETS[i] = mix(SEED + 2L * i + 1);
    }
  }

  private MinHash() {}

  /** The numbers of the bands of a text; those of texts shorter than a piece are of the whole. */
  public static int[] bands(String text) {
    int[] least = new int[FACTORS.length];
    Arrays.fill(least, Integer.MAX_VALUE);
    int pieces = pieces(text);
    for (int at = 0; at < pieces; at++) {
      long piece = piece(text, at);
      for (int i = 0; i < least.length; i++) {
        int hash = (int) ((FACTORS[i] * piece + OFFSETS[i]) >>> 33);
        least[i] = Math.min(least[i], hash);
      }
    }
    int[] bands = new int[BANDS];
    for (int band = 0; band < BANDS; band++) {
      long hash = band;
      for (int row = 0; row < ROWS; row++) {
        hash = mix(hash ^ least[band * ROWS + row]);
      }
      bands[band] = (int) (hash >>> 32);
    }
    return bands;
  }

  /** Jaccard's index of the pieces of two texts: what they share of all that either has. */
  public static double jaccard(String one, String other) {
    return jaccard(distinct(one), distinct(other));
  }

  /** The same of what {@link #distinct} gives. */
  static double jaccard(long[] a, long[] b) {
    int shared = 0;
    for (int i = 0, j = 0; i < a.length && j < b.length; ) {
      if (a[i] == b[j]) {
        shared++;
        i++;
        j++;
      } else if (a[i] < b[j]) {
        i++;
      } else {
        j++;
      }
    }
    return (double) shared / (a.length + b.length - shared);
  }

  /** The different pieces of a text, in the order of their hashes. */
  static long[] distinct(String text) {
    long[] pieces = new long[pieces(text)];
    for (int at = 0; at < pieces.length; at++) {
      pieces[at] = piece(text, at);
    }
    Arrays.sort(pieces);
    int size = 0;
    for (long piece : pieces) {
      if (size == 0 || piece != pieces[size - 1]) {
        pieces[size++] = piece;
      }
    }
    return Arrays.copyOf(pieces, size);
  }

  private static int pieces(String text) {
    return Math.max(1, text.length() - PIECE + 1);
  }

  private static long piece(String text, int at) {
    long hash = 0;
    for (int i = at; i < Math.min(text.length(), at + PIECE); i++) {
      hash = hash * 0x100000001B3L + text.charAt(i) + 1;
    }
    return mix(hash);
  }

  /** The finaliser of SplitMix64 (Steele, Lea and Flood 2014): every bit depends on every one. */
  static long mix(long z) {
    z = (z + 0x9E3779B97F4A7C15L ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
    z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
    return z ^ z >>> 31;
  }
}
