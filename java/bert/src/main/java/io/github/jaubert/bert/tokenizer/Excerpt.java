package io.github.jaubert.bert.tokenizer;

import java.util.Arrays;

/**
 * Parts of a text, joined, with where they came from. The native library counts code points where
 * Java counts UTF-16 units. Not for change.
 */
final class Excerpt {
  private final String text;
  private final int[] starts; // of the parts in this text, the first at 0
  private final int[] moved; // how much further on they are in the whole
  private final int[] pairs; // the characters of two units, counted in code points

  Excerpt(String text, int[] starts, int[] moved) {
    this.text = text;
    this.starts = starts;
    this.moved = moved;
    this.pairs = pairs(text);
  }

  private static int[] pairs(String text) {
    int count = text.length() - text.codePointCount(0, text.length());
    int[] pairs = new int[count];
    for (int found = 0, at = 0, codePoint = 0; found < count; codePoint++) {
      int units = Character.charCount(text.codePointAt(at));
      if (units == 2) {
        pairs[found++] = codePoint;
      }
      at += units;
    }
    return pairs;
  }

  /** All of a text. */
  static Excerpt all(String text) {
    return new Excerpt(text, new int[] {0}, new int[] {0});
  }

  /** The same before a text that does not count. */
  Excerpt before(String more) {
    return new Excerpt(text + more, starts, moved);
  }

  /** The same behind one that does not count. */
  Excerpt after(String more) {
    int[] from = new int[starts.length];
    int[] by = new int[starts.length];
    for (int i = 0; i < starts.length; i++) {
      from[i] = i == 0 ? 0 : starts[i] + more.length();
      by[i] = moved[i] - more.length();
    }
    return new Excerpt(more + text, from, by);
  }

  /** The parts, one behind the other. */
  String text() {
    return text;
  }

  /** Where a code point of this text begins in the whole, in UTF-16 units. */
  int start(int codePoint) {
    int at = utf16(codePoint);
    return at + moved[part(at)];
  }

  /** Where what ends before a code point of this text ends in the whole, in UTF-16 units. */
  int end(int codePoint) {
    int at = utf16(codePoint);
    return at + moved[part(Math.max(0, at - 1))];
  }

  private int utf16(int codePoint) {
    // A file may hold parts that count beyond the text.
    int within = Math.max(0, Math.min(codePoint, text.length() - pairs.length));
    int found = Arrays.binarySearch(pairs, within);
    return within + (found >= 0 ? found : -found - 1);
  }

  private int part(int at) {
    int found = Arrays.binarySearch(starts, at);
    return found >= 0 ? found : -found - 2;
  }
}
