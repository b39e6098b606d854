package io.github.jaubert.bert.pipeline;

import java.util.Locale;

/**
 * A part of a text with a label.
 *
 * @param label its type, such as {@code PER}; of a token by itself the whole label, such as {@code
 *     B-PER}
 * @param score a probability in [0, 1]
 * @param word its tokens put together, in the spelling of the vocabulary; the text itself is {@code
 *     text.substring(start, end)}
 * @param start where it begins in the text
 * @param end behind its last character
 */
public record Entity(String label, float score, String word, int start, int end) {
  /** As {@code PER 0.998 'anna' 6-10}. */
  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%s %.3f '%s' %d-%d", label, score, word, start, end);
  }
}
