package io.github.jaubert.bert.tokenizer;

import java.util.function.Function;

/**
 * Finds the part of a long text that decides its tokens where only so many are kept: reading all of
 * a text of 64 MB for the sake of 512 tokens takes minutes and gigabytes. What it finds gives the
 * tokens that the whole text would give.
 *
 * <p>Of a pair the longer text is cut first, down to the length of the other; then both are cut,
 * each to half of what is kept, and where that is an odd number the longer one has one token more,
 * the second if both are as long. Which is the longer? The native library counts all tokens of
 * both; that of transformers 5.18 (tokenizers 0.23) no further than the word in which the maximum
 * is reached, and so does {@link #isFirstLonger}.
 */
final class LongTexts {
  /** More than a token has in most languages. */
  private static final int UNITS_PER_TOKEN = 6;

  /** Larger pieces are not taken at once. */
  private static final int LARGEST_PIECE = 1 << 16;

  private final TextCuts cuts;
  private final boolean keepsEnd;
  private final int maxLength;
  private final Function<String, long[]> tokenizer;

  /**
   * @param cuts null if texts must be read whole
   * @param keepsEnd whether the last tokens are kept, not the first
   * @param maxLength how many are kept, special ones included
   * @param tokenizer gives the tokens of a text in order, without special ones around it, as the
   *     numbers of the words that they are from, or -1 for added tokens, which are no words
   */
  LongTexts(TextCuts cuts, boolean keepsEnd, int maxLength, Function<String, long[]> tokenizer) {
    this.cuts = cuts;
    this.keepsEnd = keepsEnd;
    this.maxLength = maxLength;
    this.tokenizer = tokenizer;
  }

  /** The part of a text that is enough: all of it, unless it is long. */
  Excerpt of(String text) {
    if (cuts == null || text.length() <= 4L * UNITS_PER_TOKEN * maxLength) {
      return Excerpt.all(text);
    }
    Part part = new Part(text);
    part.takeTokens(maxLength);
    return part.pieces.excerpt();
  }

  /** Whether the first of two texts that are both cut is the longer. */
  boolean isFirstLonger(String text, String second) {
    return new Part(text).lengthUpToLimit() > new Part(second).lengthUpToLimit();
  }

  /**
   * The same part many times over, so that it has the more tokens, those that are kept as before.
   */
  Excerpt lengthened(Excerpt part, Excerpt other) {
    int tokens = Math.max(1, tokenizer.apply(part.text()).length);
    int times = 2 + tokenizer.apply(other.text()).length / tokens;
    String more = (part.text() + " ").repeat(times);
    return keepsEnd ? part.after(more) : part.before(" " + more);
  }

  /** A text, as far as it was taken. */
  private final class Part {
    private final TextPieces pieces;
    private int tokens;
    private String uncounted = "";

    Part(String text) {
      pieces = new TextPieces(text, cuts, keepsEnd);
    }

    private int tokens() {
      if (!uncounted.isEmpty()) {
        tokens += tokenizer.apply(uncounted).length;
        uncounted = "";
      }
      return tokens;
    }

    /** Takes until there are so many tokens, or all. */
    void takeTokens(int enough) {
      int units = (int) Math.min((long) UNITS_PER_TOKEN * enough, LARGEST_PIECE);
      while (!pieces.done() && tokens() < enough) {
        tokens(); // those of the piece before
        uncounted = pieces.take(units);
        units = Math.min(2 * units, LARGEST_PIECE);
      }
    }

    /**
     * The number of tokens up to the end of the word in which the maximum is reached, or of all.
     * Reading does not end at an added token.
     */
    int lengthUpToLimit() {
      for (int enough = maxLength; ; enough = (int) Math.min(2L * enough, Integer.MAX_VALUE)) {
        takeTokens(enough);
        long[] all = tokenizer.apply(pieces.excerpt().text());
        int count = all.length;
        for (int n = 1; n <= count; n++) {
          int at = keepsEnd ? count - n : n - 1;
          int next = keepsEnd ? at - 1 : at + 1;
          boolean ends = n == count || all[next] != all[at];
          if (n >= maxLength && ends && all[at] >= 0) {
            return n;
          }
        }
        if (pieces.done()) {
          return count;
        }
      }
    }
  }
}
