package io.github.jaubert.bert.tokenizer;

import java.util.Arrays;

/** Parts of a text, joined, with where they came from. Not for change. */
final class Excerpt {
  private final String text;
  private final int[] starts; // of the parts in this text, the first at 0
  private final int[] moved; // how much further on they are in the whole

  Excerpt(String text, int[] starts, int[] moved) {
    this.text = text;
    this.starts = starts;
    this.moved = moved;
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

  /** Where the character at {@code at} is in the whole text. */
  int start(int at) {
    return at + moved[part(at)];
  }

  /** Where what ends at {@code at} ends in the whole text. */
  int end(int at) {
    return at == 0 ? start(0) : at + moved[part(at - 1)];
  }

  private int part(int at) {
    int found = Arrays.binarySearch(starts, at);
    return found >= 0 ? found : -found - 2;
  }
}
