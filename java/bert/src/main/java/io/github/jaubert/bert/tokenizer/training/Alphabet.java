package io.github.jaubert.bert.tokenizer.training;

import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;

/** The characters that words are made of, which a vocabulary has before anything else. */
public final class Alphabet {
  private Alphabet() {}

  /**
   * The most frequent characters of words, in ascending order of their code points. Of characters
   * that are as frequent those with the smaller code points are kept.
   *
   * @param initial those that are there in any case; no more than the limit
   * @param limit how many are kept
   */
  public static int[] of(StringCounts words, int[] initial, int limit) {
    Map<Integer, Long> counts = new HashMap<>();
    for (int i = 0; i < words.size(); i++) {
      long count = words.count(i);
      words.string(i).codePoints().forEach(c -> counts.merge(c, count, Long::sum));
    }
    Arrays.stream(initial).forEach(c -> counts.put(c, Long.MAX_VALUE));
    return counts.entrySet().stream()
        .sorted(
            Map.Entry.<Integer, Long>comparingByValue(Comparator.reverseOrder())
                .thenComparing(Map.Entry.comparingByKey()))
        .limit(limit)
        .mapToInt(Map.Entry::getKey)
        .sorted()
        .toArray();
  }
}
