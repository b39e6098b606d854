package io.github.jaubert.train;

import io.github.jaubert.tensor.Tensor;
import io.github.jaubert.train.data.AlignedDataset;
import io.github.jaubert.train.metrics.EntityF1;
import io.github.jaubert.train.metrics.TagScheme;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Judges a tagger: the mean loss of the tokens that count, and its entities. */
final class TaggingEvaluation implements Evaluation {
  private final TokenTagging task;
  private final Examples examples;
  private final AlignedDataset data;
  private final EntityF1 entities;
  private double loss;
  private double count;
  private final Map<Integer, Judgement> judgements = new TreeMap<>(); // by row

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
    judgements.clear();
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
      double[] sure = new double[classes.length];
      for (int i = 0; i < classes.length; i++, token++) {
        classes[i] = SequenceEvaluation.argmax(values, token * labels, labels);
        sure[i] = probability(values, token * labels, labels, classes[i]);
      }
      List<String> predicted = data.predicted(row, classes);
      entities.update(predicted, data.actual(row));
      judgements.put(row, judgement(row, predicted, data.firstTokens(row), sure));
    }
  }

  /** The softmax of some logits, of one of them. */
  private static double probability(float[] logits, int from, int count, int which) {
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += Math.exp((double) logits[from + i] - logits[from + which]);
    }
    return 1 / sum;
  }

  private Judgement judgement(int row, List<String> predicted, int[] tokens, double[] sure) {
    List<String> actual = data.actual(row);
    double wrong = 0; // the surest wrong tag
    double least = 1;
    for (int word = 0; word < tokens.length; word++) {
      double own = tokens[word] < 0 ? 0 : sure[tokens[word]]; // of a word without tokens, nothing
      least = Math.min(least, own);
      wrong = predicted.get(word).equals(actual.get(word)) ? wrong : Math.max(wrong, own);
    }
    boolean right = predicted.equals(actual);
    return new Judgement(row, predicted, right ? least : wrong, right);
  }

  /** What was said of the sentences, in their order. */
  List<Judgement> judgements() {
    return List.copyOf(judgements.values());
  }

  @Override
  public Map<String, Double> result() {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("loss", loss / count);
    values.putAll(entities.result());
    return values;
  }
}
