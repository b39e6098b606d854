package io.github.jaubert.train;

import io.github.jaubert.bert.tokenizer.Window;
import io.github.jaubert.tensor.Tensor;
import io.github.jaubert.train.data.Question;
import io.github.jaubert.train.data.WindowedDataset;
import io.github.jaubert.train.metrics.SquadScore;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Judges answers to questions: of all windows of a question, the part of the context with the
 * largest sum of its logits of start and end, against the smallest sum at [CLS] (Devlin et al.
 * 2018, section 4.3).
 */
final class QuestionEvaluation implements Evaluation {
  private final QuestionAnswering task;
  private final Examples examples;
  private final WindowedDataset data;
  private final int maxAnswerLength;
  private final SquadScore score;
  private final boolean none; // whether no answer may be the answer
  private final double[] best; // of each question
  private final double[] without;
  private final int[][] places;
  private double loss;
  private double count;

  QuestionEvaluation(
      QuestionAnswering task,
      Examples examples,
      WindowedDataset data,
      int maxAnswerLength,
      double nullThreshold) {
    this.task = task;
    this.examples = examples;
    this.data = data;
    this.maxAnswerLength = maxAnswerLength;
    score = new SquadScore(nullThreshold);
    none = data.questions().stream().anyMatch(Question::isImpossible);
    best = new double[data.questions().size()];
    without = new double[best.length];
    places = new int[best.length][];
  }

  @Override
  public Examples examples() {
    return examples;
  }

  @Override
  public List<String> metrics() {
    return List.of("f1", "exact_match");
  }

  @Override
  public void reset() {
    loss = 0;
    count = 0;
    Arrays.fill(best, Double.NEGATIVE_INFINITY);
    Arrays.fill(without, Double.POSITIVE_INFINITY);
    Arrays.fill(places, new int[2]);
  }

  @Override
  public void add(Inputs inputs, int[] rows) {
    Tensor logits = task.model().forward(inputs.text());
    loss += task.loss(logits, inputs, 1).item();
    count += rows.length;
    float[] values = logits.toFloats();
    int from = 0;
    for (int row : rows) {
      addWindow(data.window(row), data.question(row), values, from);
      from += 2 * data.window(row).length();
    }
  }

  private void addWindow(Window window, int question, float[] logits, int from) {
    without[question] = Math.min(without[question], logits[from] + logits[from + 1]);
    for (int first = 0; first < window.length(); first++) {
      int behind = Math.min(window.length(), first + maxAnswerLength);
      for (int last = first; window.isContext(first) && last < behind; last++) {
        double sum = logits[from + 2 * first] + logits[from + 2 * last + 1];
        if (window.isContext(last) && sum > best[question]) {
          best[question] = sum;
          places[question] = new int[] {window.start(first), window.end(last)};
        }
      }
    }
  }

  @Override
  public Map<String, Double> result() {
    score.reset();
    for (int i = 0; i < best.length; i++) {
      Question question = data.questions().get(i);
      double margin = none ? without[i] - best[i] : Double.NEGATIVE_INFINITY;
      score.update(
          question.context().substring(places[i][0], places[i][1]), margin, question.answerTexts());
    }
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("loss", loss / count);
    values.putAll(score.result());
    return values;
  }
}
