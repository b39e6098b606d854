package io.github.jaubert.train.data;

import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.bert.tokenizer.Window;
import io.github.jaubert.bert.tokenizer.Windows;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * Questions and contexts as windows of tokens, with what each is trained towards: the first and the
 * last token of the answer if the window has all of it, otherwise [CLS], which is token 0.
 * Immutable.
 */
public final class WindowedDataset {
  private final QuestionDataset data;
  private final List<Window> windows;
  private final int[] questions; // of each window
  private final int[][] targets; // of each window, start and end
  private final EncodedDataset encoded;

  private WindowedDataset(QuestionDataset data, List<List<Window>> all, int unknown) {
    this.data = data;
    windows = all.stream().flatMap(List::stream).toList();
    questions = new int[windows.size()];
    targets = new int[windows.size()][];
    int next = 0;
    for (int q = 0; q < all.size(); q++) {
      List<Question.Answer> answers = data.questions().get(q).answers();
      for (Window window : all.get(q)) {
        int[] span =
            answers.isEmpty() ? null : window.span(answers.get(0).start(), answers.get(0).end());
        questions[next] = q;
        targets[next++] = span == null ? new int[] {0, 0} : span;
      }
    }
    encoded = EncodedDataset.of(windows.stream().map(Window::encoding).toList(), unknown);
  }

  /**
   * Tokenises with all cores.
   *
   * @param progress told how many questions were done since it was last called, from any thread
   */
  public static WindowedDataset of(
      QuestionDataset data, Windows cutting, Tokenizer tokenizer, IntConsumer progress) {
    List<String> asked = new ArrayList<>();
    List<String> contexts = new ArrayList<>();
    data.questions()
        .forEach(
            question -> {
              asked.add(question.question());
              contexts.add(question.context());
            });
    return new WindowedDataset(
        data, cutting.ofAll(asked, contexts, progress), tokenizer.unknownId());
  }

  /** The number of windows. */
  public int size() {
    return windows.size();
  }

  /** The tokens. */
  public EncodedDataset encoded() {
    return encoded;
  }

  /** A window. */
  public Window window(int row) {
    return windows.get(row);
  }

  /** The number of the question that a window is of. */
  public int question(int row) {
    return questions[row];
  }

  /** The questions. */
  public List<Question> questions() {
    return data.questions();
  }

  /** The first tokens of the answers in some windows. */
  public int[] starts(int[] rows) {
    return targets(rows, 0);
  }

  /** The last tokens of the answers in some windows. */
  public int[] ends(int[] rows) {
    return targets(rows, 1);
  }

  private int[] targets(int[] rows, int which) {
    int[] picked = new int[rows.length];
    for (int i = 0; i < rows.length; i++) {
      picked[i] = targets[rows[i]][which];
    }
    return picked;
  }

  /** How many questions have an answer that no window has from end to end. */
  public int lost() {
    boolean[] seen = new boolean[questions().size()];
    for (int row = 0; row < targets.length; row++) {
      seen[questions[row]] |= targets[row][1] > 0;
    }
    int lost = 0;
    for (int q = 0; q < seen.length; q++) {
      lost += seen[q] || questions().get(q).isImpossible() ? 0 : 1;
    }
    return lost;
  }
}
