package io.github.jaubert.train;

import io.github.jaubert.bert.Encoder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A task around another, of which it has the examples, the settings and the judge, with a loss of
 * its own: what {@link Distillation} and {@link ReplacedTokenDetection} share.
 *
 * @param <T> the task inside
 */
abstract class TaskAround<T extends HeadTask<?, ?, ?>> implements Task {
  private final T inside;
  private CountedTokens examples; // null: not prepared yet
  private Evaluation evaluation;

  TaskAround(T inside) {
    this.inside = inside;
  }

  /** The task inside. */
  final T inside() {
    return inside;
  }

  /** Judges the models, by what the task inside is judged by and more. */
  abstract Evaluation judge(Evaluation own);

  @Override
  public void prepare(TrainingListener listener) {
    inside.prepare(listener);
    examples = inside.examples() == null ? null : new CountedTokens(inside.examples());
    evaluation = inside.evaluation() == null ? null : judge(inside.evaluation());
  }

  @Override
  public final Examples examples() {
    return examples;
  }

  @Override
  public final Evaluation evaluation() {
    return evaluation;
  }

  @Override
  public final Encoder encoder(String text) {
    return inside.encoder(text);
  }

  @Override
  public final boolean canSplit() {
    return inside.canSplit();
  }

  @Override
  public final float count(Batch batch) {
    return inside.count(batch);
  }

  @Override
  public final List<Batch> step(List<Batch> batches) {
    return inside.step(batches);
  }

  @Override
  public Map<String, Object> settings() {
    return new LinkedHashMap<>(inside.settings());
  }

  @Override
  public Map<String, String> identity() {
    return new LinkedHashMap<>(inside.identity());
  }
}
