package io.github.jaubert.measure;

import java.util.List;

/**
 * Texts, or pairs of them, that a data set has more than once. Two are equal if they are without
 * case, punctuation and kind of space; similar if the overlapping pieces of five characters of what
 * is left have Jaccard's index of at least the threshold. Of texts of more than 50,000 characters
 * the first 50,000 are compared for that.
 *
 * @param distinct how many different texts there are
 * @param repeated rows that could go: an earlier row has an equal text
 * @param repeatedShare their share of all rows
 * @param identical those among them that are equal to the last character
 * @param conflicting those among them whose label is another one than that of the first
 * @param groups the texts that most rows have
 * @param threshold Jaccard's index from which on texts are similar
 * @param similar different texts that could go: an earlier one is similar to them, by a chain of
 *     similar ones
 * @param similarGroups how many groups of similar texts there are
 * @param largestSimilar the largest of them
 * @param notSearched rows that were not looked at as there were more than 4 million different texts
 */
public record DuplicateReport(
    long distinct,
    long repeated,
    double repeatedShare,
    long identical,
    long conflicting,
    List<Equal> groups,
    double threshold,
    long similar,
    long similarGroups,
    List<Similar> largestSimilar,
    long notSearched) {

  /** A text, the line of the first row that has it, and how many rows have it. */
  public record Equal(String text, long line, long rows) {}

  /** Texts that are similar: how many, and the first of them. */
  public record Similar(int size, List<Member> members) {}

  /** One of several similar texts: where it stands, and how similar it is to the first of them. */
  public record Member(String text, long line, double similarity) {}
}
