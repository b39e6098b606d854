package io.github.jaubert.measure.bias;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Which tokens two sentences have in common: the longest run of tokens that is in both, the first
 * of several, and the same again on either side of it (Ratcliff and Metzener 1988). It is what
 * Python's difflib finds, by which CrowS-Pairs is scored.
 */
final class MatchingTokens {
  private MatchingTokens() {}

  /** A place in each of the two sentences. */
  record Match(int first, int second) {}

  /** The matches in order. */
  static List<Match> of(int[] first, int[] second) {
    List<Match> matches = new ArrayList<>();
    add(first, 0, first.length, second, 0, second.length, matches);
    matches.sort(Comparator.comparingInt(Match::first));
    return matches;
  }

  private static void add(
      int[] a, int fromA, int toA, int[] b, int fromB, int toB, List<Match> matches) {
    int bestA = 0;
    int bestB = 0;
    int best = 0;
    for (int i = fromA; i < toA; i++) {
      for (int j = fromB; j < toB; j++) {
        int length = 0;
        while (i + length < toA && j + length < toB && a[i + length] == b[j + length]) {
          length++;
        }
        if (length > best) { // so that the first of equally long ones stays
          bestA = i;
          bestB = j;
          best = length;
        }
      }
    }
    if (best == 0) {
      return;
    }
    for (int i = 0; i < best; i++) {
      matches.add(new Match(bestA + i, bestB + i));
    }
    add(a, fromA, bestA, b, fromB, bestB, matches);
    add(a, bestA + best, toA, b, bestB + best, toB, matches);
  }
}
