package io.github.jaubert.train;

import io.github.jaubert.bert.MaskedLanguageModel;
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
  private ClassScore score = new ClassScore();

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
    score = new ClassScore();
  }

  @Override
  public void add(Inputs inputs, int[] rows) {
    score.add(
        model.logits(inputs.text(), inputs.get(MaskedSequences.ROWS)),
        inputs.get(MaskedSequences.LABELS));
  }

  @Override
  public Map<String, Double> result() {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("loss", score.loss());
    values.put("accuracy", score.accuracy());
    values.put("perplexity", Math.exp(score.loss()));
    return values;
  }
}
