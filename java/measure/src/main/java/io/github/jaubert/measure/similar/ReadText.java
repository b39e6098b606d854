package io.github.jaubert.measure.similar;

import io.github.jaubert.measure.text.NormalText;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * What a {@link TextIndex} knows of a text, computed apart from it so that several threads can.
 *
 * @param exact 64 bits of the hash of the text as it is
 * @param key 64 bits of the hash of its normal form
 * @param normal the normal form, as far as it is compared
 */
public record ReadText(String shown, String normal, long exact, long key, int[] bands) {
  /** How much of a text is shown. */
  public static final int SHOWN = 240;

  /** Of longer texts no more is compared; that they are equal is told by all of them. */
  static final int COMPARED = 50_000;

  private static final char BETWEEN = '\u001f';

  /** Reads a text, or a pair of them. */
  public static ReadText of(String text, String pair) {
    String all = pair == null ? text : text + BETWEEN + pair;
    String normal =
        pair == null ? NormalText.of(text) : NormalText.of(text) + BETWEEN + NormalText.of(pair);
    String compared = normal.length() <= COMPARED ? normal : normal.substring(0, COMPARED);
    return new ReadText(
        shown(text, pair), compared, hash(all), hash(normal), MinHash.bands(compared));
  }

  private static String shown(String text, String pair) {
    String first = NormalText.excerpt(text, SHOWN);
    return pair == null ? first : first + " | " + NormalText.excerpt(pair, SHOWN);
  }

  private static long hash(String text) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_16LE));
      long first = 0;
      for (int i = 0; i < 8; i++) {
        first = first << 8 | hash[i] & 0xff;
      }
      return first;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }
}
