package io.github.jaubert.train;

import io.github.jaubert.bert.PreTrainingModel;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How well masked tokens and pairs are told: {@code loss}, the sum of both mean cross-entropies, by
 * which it is decided which evaluation was the best; {@code accuracy} and {@code perplexity} of
 * masked tokens; {@code pair_accuracy}, the share of the pairs that is told rightly.
 */
final class PairEvaluation implements Evaluation {
  private final PreTrainingModel model;
  private final Examples examples;
  private ClassScore tokens = new ClassScore();
  private ClassScore pairs = new ClassScore();

  PairEvaluation(PreTrainingModel model, Examples examples) {
    this.model = model;
    this.examples = examples;
  }

  @Override
  public Examples examples() {
    return examples;
  }

  @Override
  public List<String> metrics() {
    return List.of("loss", "accuracy", "perplexity", "pair_accuracy");
  }

  @Override
  public boolean greaterIsBetter() {
    return false;
  }

  @Override
  public void reset() {
    tokens = new ClassScore();
    pairs = new ClassScore();
  }

  @Override
  public void add(Inputs inputs, int[] rows) {
    PreTrainingModel.Logits logits = model.logits(inputs.text(), inputs.get(MaskedSequences.ROWS));
    tokens.add(logits.tokens(), inputs.get(MaskedSequences.LABELS));
    pairs.add(logits.following(), inputs.get(MaskedPairs.PAIR_LABELS));
  }

  @Override
  public Map<String, Double> result() {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("loss", tokens.loss() + pairs.loss());
    values.put("accuracy", tokens.accuracy());
    values.put("perplexity", Math.exp(tokens.loss()));
    values.put("pair_accuracy", pairs.accuracy());
    return values;
  }
}
