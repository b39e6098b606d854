package io.github.jaubert.bert.tokenizer;

import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * The ids of a text without special tokens, word by word: most words of a corpus came before, and
 * looking one up takes a fiftieth of the time that the native library needs for it. Where texts may
 * not be cut at blanks, the library gets them whole.
 *
 * <p>Safe from any number of threads.
 */
final class PlainIds {
  /** About 25 MB. The frequent words come early, so none has to give way to a later one. */
  private static final int MOST_WORDS = 200_000;

  private static final int LONGEST_WORD = 32;

  private final TextCuts cuts;
  private final Function<String, long[]> tokenizer;
  private final Map<String, int[]> known = new ConcurrentHashMap<>();

  /**
   * @param cuts null if texts must be read whole
   * @param tokenizer gives all ids of a text, without special ones around it
   */
  PlainIds(TextCuts cuts, Function<String, long[]> tokenizer) {
    this.cuts = cuts;
    this.tokenizer = tokenizer;
  }

  /** The ids of a text. */
  int[] of(String text) {
    if (cuts == null) {
      return all(text);
    }
    int[] ids = new int[16 + text.length() / 4];
    int count = 0;
    int from = 0;
    for (int at = 1; at <= text.length(); at++) {
      if (at == text.length() || (isBlank(text.charAt(at)) && cuts.isCut(text, at))) {
        int[] word = word(text.substring(from, at));
        if (count + word.length > ids.length) {
          ids = Arrays.copyOf(ids, 2 * (count + word.length));
        }
        System.arraycopy(word, 0, ids, count, word.length);
        count += word.length;
        from = at;
      }
    }
    return Arrays.copyOf(ids, count);
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
  }

  private int[] word(String word) {
    if (word.length() > LONGEST_WORD) {
      return all(word);
    }
    int[] ids = known.get(word);
    if (ids == null) {
      ids = all(word);
      if (known.size() < MOST_WORDS) {
        known.put(word, ids);
      }
    }
    return ids;
  }

  private int[] all(String text) {
    long[] wide = tokenizer.apply(text);
    int[] ids = new int[wide.length];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = (int) wide[i];
    }
    return ids;
  }
}
