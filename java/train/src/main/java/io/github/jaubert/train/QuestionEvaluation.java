package io.github.jaubert.train;

import io.github.jaubert.bert.tokenizer.Window;
import io.github.jaubert.tensor.Tensor;
import io.github.jaubert.train.data.Question;
import io.github.jaubert.train.data.WindowedDataset;
import io.github.jaubert.train.metrics.SquadScore;
import java.util.ArrayList;
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
  private final double[] sure; // how probable the best part is in its window
  private final double[] sureOfNone; // how probable no answer is where it is least likely
  private final double nullThreshold;
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
    this.nullThreshold = nullThreshold;
    score = new SquadScore(nullThreshold);
    none = data.questions().stream().anyMatch(Question::isImpossible);
    best = new double[data.questions().size()];
    without = new double[best.length];
    places = new int[best.length][];
    sure = new double[best.length];
    sureOfNone = new double[best.length];
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
    double all = logSumExp(window, logits, from, 0) + logSumExp(window, logits, from, 1);
    double nothing = logits[from] + logits[from + 1];
    if (nothing < without[question]) {
      without[question] = nothing;
      sureOfNone[question] = Math.exp(nothing - all);
    }
    for (int first = 0; first < window.length(); first++) {
      int behind = Math.min(window.length(), first + maxAnswerLength);
      for (int last = first; window.isContext(first) && last < behind; last++) {
        double sum = logits[from + 2 * first] + logits[from + 2 * last + 1];
        if (window.isContext(last) && sum > best[question]) {
          best[question] = sum;
          sure[question] = Math.exp(sum - all);
          places[question] = new int[] {window.start(first), window.end(last)};
        }
      }
    }
  }

  /** Over [CLS] and the tokens of the context, of starts or of ends. */
  private static double logSumExp(Window window, float[] logits, int from, int output) {
    double largest = logits[from + output];
    for (int i = 1; i < window.length(); i++) {
      largest = window.isContext(i) ? Math.max(largest, logits[from + 2 * i + output]) : largest;
    }
    double sum = Math.exp(logits[from + output] - largest);
    for (int i = 1; i < window.length(); i++) {
      sum += window.isContext(i) ? Math.exp(logits[from + 2 * i + output] - largest) : 0;
    }
    return largest + Math.log(sum);
  }

  private double margin(int question) {
    return none ? without[question] - best[question] : Double.NEGATIVE_INFINITY;
  }

  private String answer(int question) {
    int[] place = places[question];
    return data.questions().get(question).context().substring(place[0], place[1]);
  }

  /** Whether there was an evaluation. */
  boolean isDone() {
    return places.length > 0 && places[0] != null;
  }

  /** What was said of the questions, in their order. */
  List<Judgement> judgements() {
    List<Judgement> judgements = new ArrayList<>();
    for (int i = 0; i < best.length; i++) {
      boolean nothing = margin(i) > nullThreshold;
      String answer = nothing ? "" : answer(i);
      List<String> right = data.questions().get(i).answerTexts();
      boolean matches =
          right.isEmpty()
              ? answer.isEmpty()
              : right.stream().anyMatch(text -> SquadScore.exactMatch(answer, text) == 1);
      judgements.add(
          new Judgement(
              i,
              answer.isEmpty() ? List.of() : List.of(answer),
              nothing ? sureOfNone[i] : sure[i],
              matches));
    }
    return judgements;
  }

  @Override
  public Map<String, Double> result() {
    score.reset();
    for (int i = 0; i < best.length; i++) {
      score.update(answer(i), margin(i), data.questions().get(i).answerTexts());
    }
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("loss", loss / count);
    values.putAll(score.result());
    return values;
  }
}
