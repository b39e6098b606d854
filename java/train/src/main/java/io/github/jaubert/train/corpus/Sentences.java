package io.github.jaubert.train.corpus;

import java.util.ArrayList;
import java.util.List;

/**
 * Splits a paragraph into sentences by a rule of its own, which is the same on every JVM and needs
 * no language: a sentence ends behind {@code . ! ? …}, and quotes and brackets that close, if a
 * blank and no small letter follows; behind {@code 。！？} in any case. Behind a single letter it does
 * not ({@code J. Smith}). An abbreviation may be taken for an end, which does little harm to what
 * is trained on sentences.
 */
final class Sentences {
  /** In UTF-16 units. A longer sentence is cut, at a blank if there is one. */
  static final int LONGEST = 4096;

  private static final String ENDS = ".!?…";
  private static final String WIDE_ENDS = "。！？";
  private static final String CLOSING = "\"'”’»)]」』）";

  private static final int MOST_CLOSING = 8;

  private Sentences() {}

  /** The sentences, which are the text when put together: each begins with the blanks before it. */
  static List<String> of(String paragraph) {
    List<String> sentences = new ArrayList<>();
    int from = 0;
    int blank = 0; // the last one behind from
    for (int at = 0; at < paragraph.length(); at++) {
      int end = end(paragraph, from, at);
      if (end < 0 && at - from >= LONGEST) {
        end = blank > from ? blank : at;
        end -= Character.isLowSurrogate(paragraph.charAt(end)) ? 1 : 0;
      }
      if (end >= 0 && end < paragraph.length()) {
        sentences.add(paragraph.substring(from, end));
        from = end;
        at = Math.max(at, end - 1);
      }
      if (Character.isWhitespace(paragraph.charAt(at))) {
        blank = at;
      }
    }
    sentences.add(paragraph.substring(from));
    return sentences;
  }

  /** Where the sentence ends if it does with the character at {@code at}; otherwise -1. */
  private static int end(String text, int from, int at) {
    char c = text.charAt(at);
    boolean wide = WIDE_ENDS.indexOf(c) >= 0;
    if (!wide && ENDS.indexOf(c) < 0) {
      return -1;
    }
    int end = at + 1;
    int last = Math.min(text.length(), end + MOST_CLOSING);
    while (end < last && CLOSING.indexOf(text.charAt(end)) >= 0) {
      end++;
    }
    if (wide) {
      return end < text.length() && isEnd(text.charAt(end)) ? -1 : end;
    }
    int next = end;
    while (next < text.length() && Character.isWhitespace(text.charAt(next))) {
      next++;
    }
    boolean goesOn =
        next == end || next == text.length() || Character.isLowerCase(text.codePointAt(next));
    return goesOn || isInitial(text, from, at) ? -1 : end;
  }

  private static boolean isEnd(char c) {
    return WIDE_ENDS.indexOf(c) >= 0 || ENDS.indexOf(c) >= 0;
  }

  /** Whether a single letter stands before the full stop. */
  private static boolean isInitial(String text, int from, int at) {
    return text.charAt(at) == '.'
        && at > from
        && Character.isUpperCase(text.charAt(at - 1))
        && (at - 1 == from || !Character.isLetterOrDigit(text.charAt(at - 2)));
  }
}
