package io.github.jaubert.train;

import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.bert.ProblemType;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import io.github.jaubert.train.data.Batches;
import io.github.jaubert.train.data.EncodedDataset;
import io.github.jaubert.train.data.Targets;
import io.github.jaubert.train.metrics.Metric;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** Measures a classifier on data it was not trained on. */
final class Evaluator {
  /** Enough for the matrix products to run at full speed; a larger batch only costs memory. */
  private static final int BATCH_TOKENS = 4096;

  private final SequenceClassifier model;
  private final EncodedDataset data;
  private final Targets targets;
  private final List<Metric> metrics;

  Evaluator(SequenceClassifier model, EncodedDataset data, Targets targets, List<Metric> metrics) {
    this.model = model;
    this.data = data;
    this.targets = targets;
    this.metrics = List.copyOf(metrics);
  }

  /**
   * The mean loss, called {@code loss}, and the metrics by name; empty if the thread was
   * interrupted before the last batch. The model is left in the mode it was in.
   */
  Optional<Map<String, Double>> run() {
    boolean training = model.training();
    model.eval();
    try (NoGrad off = NoGrad.open()) {
      return measure();
    } finally {
      if (training) {
        model.train();
      }
    }
  }

  /** The name of the value that "best" goes by: the first metric, or the loss if there is none. */
  String mainMetric() {
    return metrics.isEmpty() ? "loss" : metrics.get(0).name();
  }

  /** The names of all metrics, that of {@link #mainMetric} first. */
  List<String> metrics() {
    return metrics.isEmpty() ? List.of("loss") : metrics.stream().map(Metric::name).toList();
  }

  /** Tells the data apart from others by its content, targets included. */
  String dataIdentity() {
    return Fingerprint.sized(data, targets);
  }

  boolean greaterIsBetter() {
    return !metrics.isEmpty() && metrics.get(0).greaterIsBetter();
  }

  private Optional<Map<String, Double>> measure() {
    metrics.forEach(Metric::reset);
    double loss = 0;
    int[] order = IntStream.range(0, data.size()).toArray();
    for (int[] rows : Batches.byTokens(order, data.lengths(), BATCH_TOKENS)) {
      if (Thread.currentThread().isInterrupted()) {
        return Optional.empty();
      }
      try (Scope scope = Scope.open()) {
        Tensor logits = model.forward(data.batch(rows));
        loss += (double) model.loss(logits, targets.tensor(rows), 0).item() * rows.length;
        decide(rows, logits.toFloats());
      }
    }
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("loss", loss / data.size());
    metrics.forEach(metric -> values.put(metric.name(), metric.result()));
    return Optional.of(values);
  }

  /** Makes decisions of the logits {@code [rows, labels]} and feeds them to the metrics. */
  private void decide(int[] rows, float[] logits) {
    int labels = logits.length / rows.length;
    boolean several = model.labels().problemType() == ProblemType.MULTI_LABEL;
    boolean score = model.labels().problemType() == ProblemType.REGRESSION;
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
  private static int argmax(float[] values, int from, int count) {
    int best = 0;
    for (int i = 1; i < count; i++) {
      if (values[from + i] > values[from + best]) {
        best = i;
      }
    }
    return best;
  }
}
