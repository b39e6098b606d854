package io.github.jaubert.bert.pipeline;

import java.util.Locale;

/**
 * A token that may stand at a masked place.
 *
 * @param token its id
 * @param word the token as text; of one that continues a word as the vocabulary spells it, such as
 *     {@code ##ing}
 * @param score its probability among all tokens of the vocabulary, in [0, 1]
 * @param sequence the whole text with it, as the tokenizer puts tokens together; other masks of the
 *     text are still there
 */
public record MaskFill(int token, String word, float score, String sequence) {
  /** As {@code paris 0.417}. */
  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%s %.3f", word, score);
  }
}
