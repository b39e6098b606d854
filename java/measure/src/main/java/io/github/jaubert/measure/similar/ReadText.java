package io.github.jaubert.measure.similar;

import io.github.jaubert.measure.text.NormalText;
import io.github.jaubert.measure.text.PersonalData;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * What a {@link TextIndex} knows of a text, computed apart from it so that several threads can.
 *
 * @param shown its beginning, with personal data masked
 * @param exact 64 bits of the hash of the text as it is
 * @param key 64 bits of the hash of its normal form
 * @param normal the normal form, as far as it is compared
 * @param pieces how many different pieces that has
 */
public record ReadText(String shown, String normal, long exact, long key, int pieces, int[] bands) {
  /** How much of a text is shown. */
  public static final int SHOWN = 240;

  private static final int MASKED = 2 * SHOWN;

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
        shown(text, pair),
        compared,
        hash(all),
        hash(normal),
        MinHash.distinct(compared).length,
        MinHash.bands(compared));
  }

  private static String shown(String text, String pair) {
    String first = shown(text);
    return pair == null ? first : first + " | " + shown(pair);
  }

  /** The beginning of a text, with personal data in it masked. */
  public static String shown(String text) {
    String start = text;
    if (text.length() > MASKED) {
      int space = text.lastIndexOf(' ', MASKED);
      start = text.substring(0, space > SHOWN ? space : MASKED); // not within a number
    }
    String masked = PersonalData.masked(start, PersonalData.in(start));
    return NormalText.excerpt(start.length() < text.length() ? masked + " …" : masked, SHOWN);
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
