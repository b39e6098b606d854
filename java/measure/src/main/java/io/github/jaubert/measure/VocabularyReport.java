package io.github.jaubert.measure;

import java.util.List;

/**
 * The words of all texts.
 *
 * @param words how many there are, with repetitions
 * @param distinct how many different ones
 * @param openWords those with repetitions that are no function words
 * @param once different words that occur once
 * @param countError by how much a count may be too small; 0 unless there are more than a million
 *     different words, of which the rarest are then left out, and {@code distinct} is an estimate
 *     with a standard error of 0.8 %
 * @param open the commonest words that are no function words
 * @param closed the commonest function words: articles, pronouns, prepositions, numbers up to 99
 */
public record VocabularyReport(
    long words,
    long distinct,
    long openWords,
    long once,
    long countError,
    List<WordShare> open,
    List<WordShare> closed) {

  /** A word, how often it occurs, and its share of all words. */
  public record WordShare(String word, long count, double share) {}
}
