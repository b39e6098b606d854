package io.github.jaubert.bert.tokenizer;

import java.util.Arrays;

/**
 * The special tokens that a tokenizer puts around a text, or around and between two: of BERT {@code
 * [CLS] … [SEP]} and {@code [CLS] … [SEP] … [SEP]}.
 *
 * @param ids of those before the first text, behind it, and so on; one part more than texts
 * @param typeIds of the same tokens
 * @param textTypes the type of each text
 */
public record Frame(int[][] ids, int[][] typeIds, int[] textTypes) {
  /** A text that every vocabulary has a token for, be it the unknown one. */
  private static final String TEXT = "a";

  /** Around one text. */
  public static Frame ofText(Tokenizer tokenizer) {
    return of(tokenizer.encode(TEXT), 1);
  }

  /** Around two. */
  public static Frame ofPair(Tokenizer tokenizer) {
    return of(tokenizer.encode(TEXT, TEXT), 2);
  }

  private static Frame of(Encoding encoding, int texts) {
    int[] ids = encoding.ids();
    int[] typeIds = encoding.typeIds();
    int[][] offsets = encoding.offsets();
    int[][] parts = new int[texts + 1][];
    int[][] typesOfParts = new int[texts + 1][];
    int[] textTypes = new int[texts];
    int at = 0;
    for (int part = 0; part <= texts; part++) {
      int from = at;
      while (at < ids.length && isSpecial(offsets[at])) {
        at++;
      }
      parts[part] = Arrays.copyOfRange(ids, from, at);
      typesOfParts[part] = Arrays.copyOfRange(typeIds, from, at);
      if (part < texts) {
        textTypes[part] = typeIds[at];
        at++;
        while (at < ids.length && !isSpecial(offsets[at]) && offsets[at][0] > 0) {
          at++; // another token of the same text
        }
      }
    }
    return new Frame(parts, typesOfParts, textTypes);
  }

  private static boolean isSpecial(int[] offsets) {
    return offsets[0] == offsets[1];
  }

  /** How many there are. */
  public int length() {
    return Arrays.stream(ids).mapToInt(part -> part.length).sum();
  }
}
