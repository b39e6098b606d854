package io.github.jaubert.measure;

import java.util.List;

/**
 * Texts that are in the data to learn from and in those to be judged by: what was learnt by heart
 * is judged as if it were understood. Equal and similar are as in {@link DuplicateReport}.
 *
 * @param against the data to be judged by
 * @param rows how many they are
 * @param exact how many of them have a text that is equal to one that is learnt from
 * @param exactShare their share
 * @param similar how many more have a text that is similar to one
 * @param similarShare their share
 * @param conflicting how many of both have another label there
 * @param threshold Jaccard's index from which on texts are similar
 * @param examples the longest of them, equal ones first
 */
public record LeakReport(
    String against,
    long rows,
    long exact,
    double exactShare,
    long similar,
    double similarShare,
    long conflicting,
    double threshold,
    List<Leak> examples) {

  /** A text to be judged by, its line, and the one to learn from with its line. */
  public record Leak(
      String text,
      long line,
      String learnt,
      long learntLine,
      double similarity,
      boolean sameLabel) {}
}
