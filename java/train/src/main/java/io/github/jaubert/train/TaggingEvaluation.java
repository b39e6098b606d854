package io.github.jaubert.train;

import io.github.jaubert.tensor.Tensor;
import io.github.jaubert.train.data.AlignedDataset;
import io.github.jaubert.train.metrics.EntityF1;
import io.github.jaubert.train.metrics.TagScheme;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Judges a tagger: the mean loss of the tokens that count, and its entities. */
final class TaggingEvaluation implements Evaluation {
  private final TokenTagging task;
  private final Examples examples;
  private final AlignedDataset data;
  private final EntityF1 entities;
  private double loss;
  private double count;

  TaggingEvaluation(TokenTagging task, Examples examples, AlignedDataset data, TagScheme scheme) {
    this.task = task;
    this.examples = examples;
    this.data = data;
    entities = new EntityF1(scheme);
  }

  @Override
  public Examples examples() {
    return examples;
  }

  @Override
  public List<String> metrics() {
    return List.of("f1", "precision", "recall", "accuracy");
  }

  @Override
  public void reset() {
    loss = 0;
    count = 0;
    entities.reset();
  }

  @Override
  public void add(Inputs inputs, int[] rows) {
    Tensor logits = task.model().forward(inputs.text());
    loss += task.loss(logits, inputs, 1).item();
    count += task.count(examples.batch(rows));
    float[] values = logits.toFloats();
    int labels = data.labels().size();
    int token = 0;
    for (int row : rows) {
      int[] classes = new int[examples.tokens(row)];
      for (int i = 0; i < classes.length; i++, token++) {
        classes[i] = SequenceEvaluation.argmax(values, token * labels, labels);
      }
      entities.update(data.predicted(row, classes), data.actual(row));
    }
  }

  @Override
  public Map<String, Double> result() {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("loss", loss / count);
    values.putAll(entities.result());
    return values;
  }
}
