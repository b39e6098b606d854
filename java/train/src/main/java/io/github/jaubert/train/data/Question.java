package io.github.jaubert.train.data;

import java.util.List;

/**
 * A question about a context, and where its answers stand there.
 *
 * @param id what errors and predictions call it
 * @param question its text
 * @param context the text that has the answers
 * @param answers the right ones; none if the context has none. What is learnt is the first, what is
 *     judged by is the best
 * @param line of the file it begins on, counted from 1; 0 if that is not known
 */
public record Question(
    String id, String question, String context, List<Answer> answers, long line) {
  /**
   * A part of a context.
   *
   * @param text what it says
   * @param start where it begins in the context, in UTF-16 units
   */
  public record Answer(String text, int start) {
    /** Where it ends in the context. */
    public int end() {
      return start + text.length();
    }
  }

  /**
   * Checks that each answer stands where it is said to.
   *
   * @throws IllegalArgumentException naming the answer, and what stands there
   */
  public Question {
    answers = List.copyOf(answers);
    for (Answer answer : answers) {
      if (answer.text().isEmpty() || !context.startsWith(answer.text(), answer.start())) {
        int from = Math.max(0, Math.min(answer.start(), context.length()));
        int to = Math.min(context.length(), from + answer.text().length());
        throw new IllegalArgumentException(
            "question %s: its answer '%s' does not stand at %d of the context, where there is '%s'"
                .formatted(id, answer.text(), answer.start(), context.substring(from, to)));
      }
    }
  }

  /** The same of one of several files. */
  Question in(int file) {
    return file == 0 ? this : new Question(id, question, context, answers, Source.line(file, line));
  }

  /** Whether the context has no answer. */
  public boolean isImpossible() {
    return answers.isEmpty();
  }

  /** The texts of the right answers. */
  public List<String> answerTexts() {
    return answers.stream().map(Answer::text).toList();
  }
}
