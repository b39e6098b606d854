package io.github.jaubert.train;

import io.github.jaubert.train.corpus.Masked;
import io.github.jaubert.train.corpus.Masking;
import io.github.jaubert.train.corpus.SentencePairs;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Pairs of texts with masks, other pairs and other masks in every pass. The pairs of one pass are
 * held at a time, so passes are best asked for one after another.
 */
final class MaskedPairs implements Examples {
  /** For each pair 0 if its second text follows the first, or is in order; 1 if not. I32. */
  static final String PAIR_LABELS = "pair_labels";

  private final Masking masking;
  private final long seed;
  private final String identity;
  private final int size;
  private SentencePairs held;
  private int heldPass;

  /**
   * Pairs of a corpus.
   *
   * @param pairs of pass 0
   * @param identity tells what they are cut from apart from anything else
   */
  MaskedPairs(SentencePairs pairs, Masking masking, long seed, String identity) {
    this.held = pairs;
    this.masking = masking;
    this.seed = seed;
    this.identity = identity;
    this.size = pairs.size();
  }

  private SentencePairs pairs(int pass) {
    if (pass != heldPass) {
      held = held.inPass(pass);
      heldPass = pass;
    }
    return held;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public int tokens(int example) {
    return pairs(0).length(example);
  }

  @Override
  public int[] lengths(int pass) {
    SentencePairs pairs = pairs(pass);
    return IntStream.range(0, pairs.size()).map(pairs::length).toArray();
  }

  @Override
  public Batch batch(int[] rows) {
    return batch(rows, 0);
  }

  @Override
  public Batch batch(int[] rows, int pass) {
    SentencePairs pairs = pairs(pass);
    Masked[] masked = new Masked[rows.length];
    Arrays.setAll(masked, i -> masking.mask(pairs.ids(rows[i]), seed, pass, rows[i]));
    int[] types = IntStream.of(rows).flatMap(row -> Arrays.stream(pairs.typeIds(row))).toArray();
    int[] labels = IntStream.of(rows).map(pairs::label).toArray();
    return MaskedSequences.batch(masked, types).with(PAIR_LABELS, labels);
  }

  @Override
  public String fingerprint() {
    return identity;
  }
}
