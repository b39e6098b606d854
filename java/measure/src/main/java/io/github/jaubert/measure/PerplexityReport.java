package io.github.jaubert.measure;

import java.util.List;

/**
 * How surprising some texts are to a model for masked tokens, see {@link
 * io.github.jaubert.measure.bias.PseudoPerplexity}.
 *
 * @param texts how many were drawn, of those that have a token
 * @param perplexity of all their tokens together
 * @param median of the texts'
 * @param p90 nine of ten texts have no more
 * @param limit what is above is far from the others: the third quartile of the logarithms and 1.5
 *     times their interquartile range (Tukey)
 * @param outliers how many texts are above it
 * @param strangest the texts that surprise most, personal data masked
 * @param plainest those that surprise least
 */
public record PerplexityReport(
    int texts,
    double perplexity,
    double median,
    double p90,
    double limit,
    int outliers,
    List<Scored> strangest,
    List<Scored> plainest) {

  /** A text, its line, and its pseudo-perplexity. */
  public record Scored(String text, long line, double perplexity) {}
}
