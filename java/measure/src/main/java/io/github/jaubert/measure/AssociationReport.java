package io.github.jaubert.measure;

import java.util.List;

/**
 * Which words go with words for people, by normalised pointwise mutual information of the texts
 * that they are in, see {@link io.github.jaubert.measure.DataMeasurement#terms}.
 *
 * @param texts how many there are
 * @param terms those that at least ten texts have
 * @param differences of two of them
 */
public record AssociationReport(long texts, List<Term> terms, List<Difference> differences) {

  /**
   * A term, such as he, him, his.
   *
   * @param words any of which a text has that counts
   * @param texts how many have one
   * @param associations the words that go most with it, of those that at least five texts have
   *     together with it
   */
  public record Term(String name, List<String> words, long texts, List<Association> associations) {}

  /**
   * A word.
   *
   * @param texts how many have it
   * @param together how many have the term, too
   * @param npmi from -1 to 1
   */
  public record Association(String word, long texts, long together, double npmi) {}

  /** Two terms, and the words that go most with one of them rather than the other. */
  public record Difference(String first, String second, List<WordDifference> words) {}

  /**
   * A word.
   *
   * @param texts how many have it
   * @param first its nPMI with the first term
   * @param second that with the second
   * @param difference the first less the second
   * @param low in 95 of 100 samples of texts the difference is between this
   * @param high and this
   */
  public record WordDifference(
      String word,
      long texts,
      double first,
      double second,
      double difference,
      double low,
      double high) {}
}
