package io.github.jaubert.train;

import java.util.List;
import java.util.Map;

/**
 * How a model is judged on examples that it does not learn from. A trainer goes through them in
 * order, with the model in evaluation mode and without gradients: {@link #reset}, {@link #add} for
 * each batch, {@link #result}. Mutable.
 */
public interface Evaluation {
  /** What it is judged on. */
  Examples examples();

  /** The names of what is measured; by the first it is decided which evaluation was the best. */
  List<String> metrics();

  /** Whether a larger value of the first is better; yes unless said otherwise. */
  default boolean greaterIsBetter() {
    return true;
  }

  /** Forgets all batches. */
  void reset();

  /**
   * Judges a batch, in a scope of its own.
   *
   * @param rows the numbers of its examples
   */
  void add(Inputs inputs, int[] rows);

  /** What was measured by name; NaN where it is not defined. */
  Map<String, Double> result();

  /** The mean loss of a task alone, on other examples. */
  static Evaluation ofLoss(Task task, Examples examples) {
    return new Evaluation() {
      private double sum;
      private double count;

      @Override
      public Examples examples() {
        return examples;
      }

      @Override
      public List<String> metrics() {
        return List.of("loss");
      }

      @Override
      public boolean greaterIsBetter() {
        return false;
      }

      @Override
      public void reset() {
        sum = 0;
        count = 0;
      }

      @Override
      public void add(Inputs inputs, int[] rows) {
        sum += task.loss(inputs, 1).item();
        count += task.count(examples.batch(rows));
      }

      @Override
      public Map<String, Double> result() {
        return Map.of("loss", sum / count);
      }
    };
  }
}
