package io.github.jaubert.train;

import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.bert.ProblemType;
import io.github.jaubert.bert.WindowLogits;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import io.github.jaubert.train.data.Targets;
import io.github.jaubert.train.metrics.Metric;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Judges a classifier by what it decides on: the mean loss, called {@code loss}, and metrics. Of
 * texts that are read in windows the means of their logits decide.
 */
final class SequenceEvaluation implements Evaluation {
  private final SequenceClassification task;
  private final Examples examples;
  private final Targets targets;
  private final List<Metric> metrics;
  private final int[] texts; // of each row, where texts have windows; null: rows are texts
  private double loss;
  private double count;
  private float[] logits; // of all rows as they were judged last; null before that
  private float[] means; // of all texts; null until they are asked for

  /**
   * Of a task.
   *
   * @param texts of which text each example is, if there are windows; null if each is one
   */
  SequenceEvaluation(
      SequenceClassification task,
      Examples examples,
      Targets targets,
      int[] texts,
      List<Metric> metrics) {
    this.task = task;
    this.examples = examples;
    this.targets = targets;
    this.texts = texts;
    this.metrics = List.copyOf(metrics);
  }

  @Override
  public Examples examples() {
    return examples;
  }

  /** The loss, if there is none. */
  @Override
  public List<String> metrics() {
    return metrics.isEmpty() ? List.of("loss") : metrics.stream().map(Metric::name).toList();
  }

  @Override
  public boolean greaterIsBetter() {
    return !metrics.isEmpty() && metrics.get(0).greaterIsBetter();
  }

  @Override
  public void reset() {
    loss = 0;
    count = 0;
    logits = new float[examples.size() * task.model().labels().size()];
    means = null;
    metrics.forEach(Metric::reset);
  }

  @Override
  public void add(Inputs inputs, int[] rows) {
    Tensor logits = task.model().forward(inputs.text());
    float[] numbers = logits.toFloats();
    int width = numbers.length / rows.length;
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(numbers, i * width, this.logits, rows[i] * width, width);
    }
    if (texts == null) {
      count(logits, inputs, examples.batch(rows));
      decide(rows, numbers);
    }
  }

  private void count(Tensor logits, Inputs inputs, Batch batch) {
    float counts = task.count(batch);
    loss += counts == 0 ? 0 : (double) task.loss(logits, inputs, counts).item() * counts;
    count += counts;
  }

  /** The logits of the texts; the first time, after all windows, loss and metrics are theirs. */
  private float[] ofTexts() {
    if (texts == null) {
      return logits;
    }
    if (means == null) {
      means = WindowLogits.means(logits, texts, targets.size());
      int[] rows = IntStream.range(0, targets.size()).toArray();
      try (NoGrad off = NoGrad.open();
          Scope scope = Scope.open()) {
        Batch batch = task.labels(Batch.of(rows.length), targets, rows);
        Inputs inputs = task.inputs(batch);
        Tensor device = inputs.get(ClassificationTask.LABELS);
        Tensor all = Tensor.of(means, rows.length, task.model().labels().size());
        count(all.to(device.device()), inputs, batch);
      }
      decide(rows, means);
    }
    return means;
  }

  /** What the model said last, and what is true. */
  Predictions predictions() {
    return Predictions.of(task.model().labels(), ofTexts(), targets);
  }

  /** The scores that the model gave last. */
  List<Judgement> scores() {
    List<Judgement> scores = new ArrayList<>();
    float[] logits = ofTexts();
    for (int row = 0; row < logits.length; row++) {
      double off = Math.abs((double) logits[row] - targets.value(row, 0));
      scores.add(new Judgement(row, List.of(Float.toString(logits[row])), off, off == 0));
    }
    return scores;
  }

  /** Whether there was an evaluation. */
  boolean isDone() {
    return logits != null;
  }

  @Override
  public Map<String, Double> result() {
    ofTexts();
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("loss", loss / Math.max(count, Double.MIN_NORMAL));
    metrics.forEach(metric -> values.put(metric.name(), metric.result()));
    return values;
  }

  /** Makes decisions of the logits {@code [rows, labels]} and feeds them to the metrics. */
  private void decide(int[] rows, float[] logits) {
    int labels = logits.length / rows.length;
    boolean several = task.model().labels().problemType() == ProblemType.MULTI_LABEL;
    boolean score = task.model().labels().problemType() == ProblemType.REGRESSION;
    for (int i = 0; i < rows.length; i++) {
      for (int column = 0; column < targets.width(); column++) {
        float logit = logits[i * labels + column];
        // A logit above 0 is a probability above one half.
        double predicted =
            score ? logit : several ? (logit > 0 ? 1 : 0) : argmax(logits, i * labels, labels);
        for (Metric metric : metrics) {
          metric.update(predicted, targets.value(rows[i], column));
        }
      }
    }
  }

  /** The first of the largest. */
  static int argmax(float[] values, int from, int count) {
    int best = 0;
    for (int i = 1; i < count; i++) {
      if (values[from + i] > values[from + best]) {
        best = i;
      }
    }
    return best;
  }
}
