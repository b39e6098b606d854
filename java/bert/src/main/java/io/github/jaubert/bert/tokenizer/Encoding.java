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

  /** The same with a token that is no text, such as a marker, before the one at a place. */
  public Encoding insert(int place, int id) {
    if (place < 0 || place > ids.length) {
      throw new IllegalArgumentException("place " + place + " in " + ids.length + " tokens");
    }
    int[] longer = Arrays.copyOf(ids, ids.length + 1);
    int[] types = Arrays.copyOf(typeIds, ids.length + 1);
    int[] places = Arrays.copyOf(offsets, offsets.length + 2);
    System.arraycopy(ids, place, longer, place + 1, ids.length - place);
    System.arraycopy(typeIds, place, types, place + 1, ids.length - place);
    System.arraycopy(offsets, 2 * place, places, 2 * place + 2, offsets.length - 2 * place);
    longer[place] = id;
    types[place] = 0;
    places[2 * place] = 0;
    places[2 * place + 1] = 0;
    return new Encoding(longer, types, places, cut, vocabulary);
  }

  /**
   * The same with tokens that are no text behind it, so that it has {@code length}; as it is if it
   * has as many.
   */
  public Encoding fillTo(int length, int id) {
    if (length <= ids.length) {
      return this;
    }
    int[] longer = Arrays.copyOf(ids, length);
    Arrays.fill(longer, ids.length, length, id);
    return new Encoding(
        longer,
        Arrays.copyOf(typeIds, length),
        Arrays.copyOf(offsets, 2 * length),
        cut,
        vocabulary);
  }

  /** The tokens. */
  @Override
  public String toString() {
    return Arrays.toString(tokens());
  }
}
