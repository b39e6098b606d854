package io.github.jaubert.train.data;

import java.util.List;

/**
 * A prompt, its choices, and which of them is right.
 *
 * @param prompt what all choices are read with; it may be empty
 * @param choices two or more
 * @param answer the right one, from 0
 * @param line of the file it begins on, counted from 1; 0 if that is not known
 */
public record Choices(String prompt, List<String> choices, int answer, long line) {
  /**
   * Checks and copies.
   *
   * @throws IllegalArgumentException if there are fewer than two choices, or the answer is none
   */
  public Choices {
    choices = List.copyOf(choices);
    if (choices.size() < 2) {
      throw new IllegalArgumentException(
          "choices: " + choices.size() + "; at least two are needed");
    }
    if (answer < 0 || answer >= choices.size()) {
      throw new IllegalArgumentException(
          "the answer %d is none of the choices 0 to %d".formatted(answer, choices.size() - 1));
    }
  }

  /** One that came from no file. */
  public static Choices of(String prompt, int answer, String... choices) {
    return new Choices(prompt, List.of(choices), answer, 0);
  }
}
