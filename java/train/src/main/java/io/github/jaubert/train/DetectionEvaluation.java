package io.github.jaubert.train;

import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Tensor;
import io.github.jaubert.train.metrics.Accuracy;
import io.github.jaubert.train.metrics.F1;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How well a generator fills in masked tokens, and a discriminator tells which they are. */
final class DetectionEvaluation implements Evaluation {
  private static final long SEED = 0xE1EC;
  private static final String LOSS = "loss";
  private static final String GENERATOR = "generator_";

  private final ReplacedTokenDetection task;
  private final Evaluation generator;
  private final CountedTokens examples;
  private final Accuracy accuracy = new Accuracy();
  private final F1 f1 = new F1();
  private Rng rng;
  private double loss;
  private long tokens;

  DetectionEvaluation(ReplacedTokenDetection task, Evaluation generator) {
    this.task = task;
    this.generator = generator;
    examples = new CountedTokens(generator.examples());
  }

  @Override
  public Examples examples() {
    return examples;
  }

  @Override
  public List<String> metrics() {
    List<String> names = new ArrayList<>(List.of(LOSS));
    generator.metrics().forEach(name -> names.add(GENERATOR + name));
    names.addAll(List.of("detection_loss", "detection_accuracy", "replaced_f1"));
    return names;
  }

  @Override
  public boolean greaterIsBetter() {
    return false;
  }

  @Override
  public void reset() {
    generator.reset();
    accuracy.reset();
    f1.reset();
    rng = Rng.of(SEED); // the same tokens in every evaluation, and those of training as without it
    loss = 0;
    tokens = 0;
  }

  @Override
  public void add(Inputs inputs, int[] rows) {
    generator.add(inputs, rows);
    Tensor told = task.generator().logits(inputs.text(), inputs.get(MaskedSequences.ROWS));
    FilledTokens filled = task.fill(inputs, told, rng);
    Tensor logits = task.discriminator().forward(filled.text());
    loss += task.discriminator().loss(logits, filled.replaced(), 1).item();
    float[] values = logits.toFloats();
    int[] replaced = filled.replaced().toInts();
    for (int i = 0; i < values.length; i++) {
      int predicted = values[i] > 0 ? 1 : 0; // a logit above 0 is a probability above one half
      accuracy.update(predicted, replaced[i]);
      f1.update(predicted, replaced[i]);
    }
    tokens += values.length;
  }

  @Override
  public Map<String, Double> result() {
    Map<String, Double> told = generator.result();
    Map<String, Double> values = new LinkedHashMap<>();
    values.put(LOSS, told.get(LOSS) + task.detectionWeight() * loss / tokens);
    told.forEach((name, value) -> values.put(GENERATOR + name, value));
    values.put("detection_loss", loss / tokens);
    values.put("detection_accuracy", accuracy.result());
    values.put("replaced_f1", f1.result());
    return values;
  }
}
