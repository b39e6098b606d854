package io.github.jaubert.train;

import io.github.jaubert.bert.MaskedLanguageModel;
import io.github.jaubert.nn.CrossEntropyOptions;
import io.github.jaubert.nn.F;
import io.github.jaubert.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How well masked tokens are told: {@code loss}, by which it is decided which evaluation was the
 * best; {@code accuracy}, the share that is told rightly; {@code perplexity}, e to the loss.
 */
final class MaskedEvaluation implements Evaluation {
  private final MaskedLanguageModel model;
  private final Examples examples;
  private double loss;
  private long right;
  private long count;

  MaskedEvaluation(MaskedLanguageModel model, Examples examples) {
    this.model = model;
    this.examples = examples;
  }

  @Override
  public Examples examples() {
    return examples;
  }

  @Override
  public List<String> metrics() {
    return List.of("loss", "accuracy", "perplexity");
  }

  @Override
  public boolean greaterIsBetter() {
    return false;
  }

  @Override
  public void reset() {
    loss = 0;
    right = 0;
    count = 0;
  }

  @Override
  public void add(Inputs inputs, int[] rows) {
    Tensor targets = inputs.get(MaskedSequences.LABELS);
    int[] labels = targets.toInts();
    if (labels.length == 0) {
      return;
    }
    Tensor logits = model.logits(inputs.text(), inputs.get(MaskedSequences.ROWS));
    loss +=
        F.crossEntropy(logits, targets, CrossEntropyOptions.defaults().withNormalizer(1)).item();
    long[] told = logits.argmax(-1).toLongs();
    for (int i = 0; i < labels.length; i++) {
      right += told[i] == labels[i] ? 1 : 0;
    }
    count += labels.length;
  }

  @Override
  public Map<String, Double> result() {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("loss", loss / count);
    values.put("accuracy", (double) right / count);
    values.put("perplexity", Math.exp(loss / count));
    return values;
  }
}
