package io.github.jaubert.bert.tokenizer;

/**
 * A question and a part of a context as tokens. The places of tokens are those in the whole
 * context; tokens of the question have none. Immutable.
 */
public final class Window {
  private final Encoding encoding;
  private final boolean[] context;
  private final int[][] words; // null for a token that is not of the context
  private final int[][] offsets;

  Window(Encoding encoding, boolean[] context, int[][] words) {
    this.encoding = encoding;
    this.context = context;
    this.words = words;
    offsets = encoding.offsets();
  }

  /** The tokens; their offsets are those in the context, and {@code [0, 0]} for all others. */
  public Encoding encoding() {
    return encoding;
  }

  /** The number of tokens. */
  public int length() {
    return context.length;
  }

  /** Whether a token belongs to the context. */
  public boolean isContext(int token) {
    return context[token];
  }

  /** Where a token of the context begins in it. */
  public int start(int token) {
    return offsets[token][0];
  }

  /** Where a token of the context ends in it. */
  public int end(int token) {
    return offsets[token][1];
  }

  /** Where the word of a token of the context begins, as far as the window has it. */
  public int wordStart(int token) {
    return words[token][0];
  }

  /** Where the word of a token of the context ends, as far as the window has it. */
  public int wordEnd(int token) {
    return words[token][1];
  }

  /**
   * The first and the last token of a part of the context; null if it does not lie in this window
   * from end to end.
   *
   * @param from where it begins in the context
   * @param to where it ends, behind {@code from}
   */
  public int[] span(int from, int to) {
    int first = -1;
    int last = -1;
    for (int i = 0; i < context.length; i++) {
      if (context[i] && start(i) <= from) {
        first = i; // the last that begins there or before
      }
      if (context[i] && last < 0 && end(i) >= to) {
        last = i;
      }
    }
    return first < 0 || last < first ? null : new int[] {first, last};
  }
}
