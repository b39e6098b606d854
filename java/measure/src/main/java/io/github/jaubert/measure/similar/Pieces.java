package io.github.jaubert.measure.similar;

/**
 * The pieces of texts, see {@link MinHash#distinct}, of which some that were asked for last are
 * kept: a text is compared with several one after another.
 */
final class Pieces {
  private static final int KEPT = 512;

  /** Those of longer texts are not kept, so that all are a few MB at most. */
  private static final int LONGEST = 4096;

  private final TextStore store;
  private final int[] numbers = new int[KEPT]; // with 1 added, 0 for none
  private final long[][] pieces = new long[KEPT][];

  Pieces(TextStore store) {
    this.store = store;
  }

  long[] of(int number) {
    int place = number % KEPT;
    if (numbers[place] == number + 1) {
      return pieces[place];
    }
    long[] own = MinHash.distinct(store.normal(number));
    if (own.length <= LONGEST) {
      numbers[place] = number + 1;
      pieces[place] = own;
    }
    return own;
  }
}
