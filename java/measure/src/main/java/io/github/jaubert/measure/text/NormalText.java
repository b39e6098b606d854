package io.github.jaubert.measure.text;

import java.text.Normalizer;
import java.util.Locale;

/**
 * What is left of a text without case, Unicode form, punctuation and kind of space. Texts of which
 * it is the same say the same to a model, or nearly so.
 */
public final class NormalText {
  private NormalText() {}

  /**
   * Letters, digits and their marks in NFKC and small letters, with one space for whatever stands
   * between them. A text without any of those stays as it is, but for its spaces.
   */
  public static String of(String text) {
    String form =
        Normalizer.isNormalized(text, Normalizer.Form.NFKC)
            ? text
            : Normalizer.normalize(text, Normalizer.Form.NFKC);
    String small = form.toLowerCase(Locale.ROOT);
    StringBuilder normal = new StringBuilder(small.length());
    boolean between = false;
    for (int i = 0; i < small.length(); ) {
      int c = small.codePointAt(i);
      i += Character.charCount(c);
      if (Words.isPart(c)) {
        if (between && normal.length() > 0) {
          normal.append(' ');
        }
        normal.appendCodePoint(c);
        between = false;
      } else {
        between = true;
      }
    }
    return normal.length() > 0 ? normal.toString() : String.join(" ", small.strip().split("\\s+"));
  }

  /**
   * The beginning of a text as a page or a file of JSON can hold it: half surrogates become U+FFFD.
   *
   * @param most how many characters are shown before …
   */
  public static String excerpt(String text, int most) {
    StringBuilder shown = new StringBuilder();
    int i = 0;
    for (int n = 0; i < text.length() && n < most; n++) {
      int c = text.codePointAt(i);
      i += Character.charCount(c);
      shown.appendCodePoint(c >= 0xd800 && c < 0xe000 ? 0xfffd : c);
    }
    return i < text.length() ? shown.append('…').toString() : shown.toString();
  }
}
