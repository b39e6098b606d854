package io.github.jaubert.bert.tokenizer;

import java.util.Arrays;

/**
 * A text, or a pair of texts, as tokens, with the special tokens ([CLS], [SEP]) and without
 * padding. Immutable.
 */
public final class Encoding {
  private final int[] ids;
  private final int[] typeIds;
  private final int[] offsets; // start, end, start, end, …
  private final boolean cut;
  private final String[] vocabulary;

  /**
   * Takes the arrays over.
   *
   * @param offsets start and end of each token, {@code [2 tokens]}
   * @param cut whether the text had more tokens
   * @param vocabulary the tokens by id, shared by all encodings of a tokenizer
   */
  Encoding(int[] ids, int[] typeIds, int[] offsets, boolean cut, String[] vocabulary) {
    this.ids = ids;
    this.typeIds = typeIds;
    this.offsets = offsets;
    this.cut = cut;
    this.vocabulary = vocabulary;
  }

  /** The number of tokens. */
  public int length() {
    return ids.length;
  }

  /** Whether the text, or one of the pair, had more tokens and was cut. */
  public boolean isCut() {
    return cut;
  }

  /** The token ids. */
  public int[] ids() {
    return ids.clone();
  }

  /** For each token 0 if it belongs to the first text, 1 if to the second. */
  public int[] typeIds() {
    return typeIds.clone();
  }

  /** The tokens as the vocabulary spells them, as {@code play, ##ing}. */
  public String[] tokens() {
    String[] tokens = new String[ids.length];
    for (int i = 0; i < ids.length; i++) {
      tokens[i] = vocabulary[ids[i]];
    }
    return tokens;
  }

  /**
   * Where each token came from: {@code text.substring(offsets[i][0], offsets[i][1])} of the text it
   * belongs to. Special tokens have {@code [0, 0]}.
   */
  public int[][] offsets() {
    int[][] pairs = new int[ids.length][];
    for (int i = 0; i < ids.length; i++) {
      pairs[i] = new int[] {offsets[2 * i], offsets[2 * i + 1]};
    }
    return pairs;
  }

  /** The tokens. */
  @Override
  public String toString() {
    return Arrays.toString(tokens());
  }
}
