package io.github.jaubert.train;

import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a task is judged by without a teacher, and how far the student is from it. */
final class DistillationEvaluation implements Evaluation {
  private static final String DIVERGENCE = "divergence";

  private final Distillation task;
  private final Evaluation own;
  private double sum;
  private double count;

  DistillationEvaluation(Distillation task, Evaluation own) {
    this.task = task;
    this.own = own;
  }

  @Override
  public Examples examples() {
    return own.examples();
  }

  @Override
  public List<String> metrics() {
    List<String> names = new ArrayList<>(own.metrics());
    names.add(DIVERGENCE);
    return names;
  }

  @Override
  public boolean greaterIsBetter() {
    return own.greaterIsBetter();
  }

  @Override
  public void reset() {
    own.reset();
    sum = 0;
    count = 0;
  }

  @Override
  public void add(Inputs inputs, int[] rows) {
    own.add(inputs, rows);
    Tensor labels = inputs.get(MaskedSequences.LABELS);
    sum += task.divergence(inputs).item();
    count +=
        labels.dtype() == DType.I32 ? CountedTokens.counts(labels).sum().item() : labels.size(0);
  }

  @Override
  public Map<String, Double> result() {
    Map<String, Double> values = new LinkedHashMap<>(own.result());
    values.put(DIVERGENCE, sum / count);
    return values;
  }
}
