package io.github.jaubert.bert.pipeline;

import java.util.Locale;

/**
 * A choice and how probable it is among those of its prompt.
 *
 * @param index its place among the choices that were given, from 0
 * @param choice its text
 * @param score a probability; those of all choices sum to 1
 */
public record ChoiceScore(int index, String choice, float score) {
  /** As {@code It is eaten with a fork. 0.913}. */
  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%s %.3f", choice, score);
  }
}
