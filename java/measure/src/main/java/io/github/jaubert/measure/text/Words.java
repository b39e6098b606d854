package io.github.jaubert.measure.text;

import java.util.Locale;
import java.util.function.Consumer;

/**
 * The words of a text in small letters: runs of letters, digits, marks and underscores, an
 * apostrophe between letters among them. Each ideograph is a word.
 */
public final class Words {
  private static final int PARTS =
      1 << Character.UPPERCASE_LETTER
          | 1 << Character.LOWERCASE_LETTER
          | 1 << Character.TITLECASE_LETTER
          | 1 << Character.MODIFIER_LETTER
          | 1 << Character.OTHER_LETTER
          | 1 << Character.NON_SPACING_MARK
          | 1 << Character.COMBINING_SPACING_MARK
          | 1 << Character.DECIMAL_DIGIT_NUMBER
          | 1 << Character.LETTER_NUMBER
          | 1 << Character.OTHER_NUMBER;

  /** Longer runs without a space are no words that anybody counts; they are cut. */
  private static final int LONGEST = 200;

  private Words() {}

  /** Whether a character is a part of words: a letter, a digit, or a mark. */
  static boolean isPart(int c) {
    return (PARTS >> Character.getType(c) & 1) != 0;
  }

  /** Hands over every word, in order. */
  public static void forEach(String text, Consumer<String> action) {
    String small = text.toLowerCase(Locale.ROOT);
    int start = -1;
    for (int i = 0; i < small.length(); ) {
      int c = small.codePointAt(i);
      int next = i + Character.charCount(c);
      boolean alone = Character.isIdeographic(c);
      boolean part = !alone && (isPart(c) || c == '_' || isInner(small, i, c, start >= 0));
      if (!part && start >= 0) {
        action.accept(cut(small, start, i));
        start = -1;
      }
      if (alone) {
        action.accept(small.substring(i, next));
      } else if (part && start < 0) {
        start = i;
      }
      i = next;
    }
    if (start >= 0) {
      action.accept(cut(small, start, small.length()));
    }
  }

  private static boolean isInner(String text, int at, int c, boolean within) {
    return within
        && (c == '\'' || c == '\u2019')
        && Character.isLetter(text.charAt(at - 1))
        && at + 1 < text.length()
        && Character.isLetter(text.charAt(at + 1));
  }

  private static String cut(String text, int start, int end) {
    int to = Math.min(end, start + LONGEST);
    to -= to < end && Character.isHighSurrogate(text.charAt(to - 1)) ? 1 : 0;
    return text.substring(start, to).replace('\u2019', '\'');
  }
}
