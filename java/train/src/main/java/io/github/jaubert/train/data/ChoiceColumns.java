package io.github.jaubert.train.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Where prompts, choices and answers stand in a file.
 *
 * @param prompt the column of prompts
 * @param beginning a column with which every choice of its row begins, such as SWAG's sent2; null
 *     for none
 * @param choices a column for each choice, or one whose cells are arrays
 * @param answer the column of answers
 */
public record ChoiceColumns(String prompt, String beginning, List<String> choices, String answer) {
  private static final List<String> PROMPTS =
      List.of("sent1", "question", "prompt", "premise", "context", "goal", "sentence", "text");

  private static final List<String> CHOICES = List.of("choices", "options", "endings", "answers");

  /** What columns are called before the number of the choice, from 0 or from 1. */
  private static final List<String> NUMBERED =
      List.of("ending", "choice", "option", "answer", "sol", "hypothesis");

  private static final List<String> ANSWERS =
      List.of("label", "answer", "answerKey", "answer_key", "gold");

  /** Copies. */
  public ChoiceColumns {
    Objects.requireNonNull(prompt, "prompt");
    Objects.requireNonNull(answer, "answer");
    choices = List.copyOf(choices);
  }

  /**
   * What columns usually are called: those of SWAG (sent1, sent2, ending0, …, label), or question,
   * prompt or premise; choices, options or endings, or these with a number; label or answer.
   *
   * @param header the names of all columns
   * @return null for what is not among them
   */
  public static Found find(List<String> header) {
    return new Found(
        first(PROMPTS, header),
        header.contains("sent1") && header.contains("sent2") ? "sent2" : null,
        choices(header),
        first(ANSWERS, header));
  }

  /** Columns that were found, null for one that was not. */
  public record Found(String prompt, String beginning, List<String> choices, String answer) {}

  private static String first(List<String> usual, List<String> header) {
    return usual.stream().filter(header::contains).findFirst().orElse(null);
  }

  private static List<String> choices(List<String> header) {
    String one = first(CHOICES, header);
    if (one != null) {
      return List.of(one);
    }
    for (String name : NUMBERED) {
      for (int from = 0; from < 2; from++) {
        List<String> all = new ArrayList<>();
        while (header.contains(name + (from + all.size()))) {
          all.add(name + (from + all.size()));
        }
        if (all.size() > 1) {
          return all;
        }
      }
    }
    return null;
  }
}
