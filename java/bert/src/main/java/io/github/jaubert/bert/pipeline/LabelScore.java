package io.github.jaubert.bert.pipeline;

import java.util.Locale;

/**
 * A label and how much speaks for it.
 *
 * @param label the label's name
 * @param score a probability in [0, 1], or the predicted number if the model predicts a score
 */
public record LabelScore(String label, float score) {
  /** As {@code positive 0.998}. */
  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%s %.3f", label, score);
  }
}
