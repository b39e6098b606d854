package io.github.jaubert.measure;

import java.util.List;

/**
 * The labels of a data set.
 *
 * @param column where they stand
 * @param missing rows that have none
 * @param distinct how many there are; if there are more than 10,000, no shares are told
 * @param classes the labels, the commonest first, at most 1,000 of them
 * @param entropy of the shares, in bits
 * @param evenness the entropy as a share of the most that so many labels can have, log2 of their
 *     number; null for one label
 * @param imbalance how many times as often the commonest label occurs as the rarest
 * @param scores what labels are as numbers; null unless they have an order
 * @param alike pairs that look alike but are different labels
 */
public record LabelReport(
    String column,
    long missing,
    long distinct,
    List<LabelShare> classes,
    Double entropy,
    Double evenness,
    Double imbalance,
    Scores scores,
    List<Alike> alike) {

  /** A label, how many rows have it, and their share of all labels that were given. */
  public record LabelShare(String label, long count, double share) {}

  /**
   * Labels as numbers.
   *
   * @param skewness Fisher's, m3 / m2^1.5: more than 0 if a few are much larger than most
   */
  public record Scores(
      double mean, double standardDeviation, double min, double max, double skewness) {}

  /** Two labels that differ only in case, spaces or the form of their characters. */
  public record Alike(String label, long count, String other, long otherCount) {}
}
