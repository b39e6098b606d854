package io.github.jaubert.measure;

import java.util.List;

/**
 * How the counts of words fall off: a discrete power law by Clauset, Shalizi and Newman (2009).
 *
 * @param alpha the exponent: p(count) ~ count^-alpha
 * @param rankExponent what it says of ranks: count ~ rank^-rankExponent, 1 / (alpha - 1); near 1 in
 *     most texts that people write (Zipf)
 * @param xmin the least count that the law is fitted to
 * @param tail how many words have it or a larger one
 * @param distance of Kolmogorov and Smirnov between the counts and the law
 * @param plausibility how often counts of the law are farther from it; at 0.1 or less it is not one
 * @param rounds how many samples this is told from
 * @param ranks some words by rank, the commonest first, for a picture
 */
public record ZipfReport(
    double alpha,
    double rankExponent,
    long xmin,
    int tail,
    double distance,
    double plausibility,
    int rounds,
    List<Rank> ranks) {

  /** How often the word of a rank, counted from 1, occurs. */
  public record Rank(long rank, long count) {}
}
