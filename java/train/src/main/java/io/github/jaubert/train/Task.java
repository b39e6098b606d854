package io.github.jaubert.train;

import io.github.jaubert.bert.Encoder;
import io.github.jaubert.nn.Block;
import io.github.jaubert.tensor.Tensor;
import java.util.List;
import java.util.Map;

/**
 * What a {@link Trainer} trains: a model, the examples it learns from, their loss, and perhaps how
 * it is judged. It knows nothing of files, optimizers and devices. {@link SequenceClassification}
 * and {@link TokenTagging} are two; a task of one's own implements the first three methods:
 *
 * <pre>{@code
 * record Pairs(Encoder model, List<Encoding> left, List<Encoding> right) implements Task {
 *   public Examples examples() {
 *     return Examples.of(
 *         left.size(),
 *         i -> left.get(i).length() + right.get(i).length(),
 *         rows -> Batch.of(tokens(left, rows)).text("right", tokens(right, rows)));
 *   }
 *
 *   public Tensor loss(Inputs inputs, float count) { … }
 * }
 * }</pre>
 *
 * <p>It is used by one thread at a time.
 */
public interface Task {
  /**
   * The model, of which all parameters that are not frozen are trained; it belongs to the caller.
   */
  Block model();

  /** What is learnt from; the same examples in the same order every time. */
  Examples examples();

  /**
   * The loss of a batch: the sum over what counts in it, divided by {@code count}. It is computed
   * from {@code inputs} alone, on their device, so that a recorded step can be replayed with other
   * values in them.
   *
   * @param count {@link #count} of all batches of the step together, so that the gradients of
   *     several batches add up to those of one large batch
   * @return a scalar
   */
  Tensor loss(Inputs inputs, float count);

  /**
   * How much of a batch counts in its loss, such as labels or their weights; examples unless said
   * otherwise.
   */
  default float count(Batch batch) {
    return batch.examples();
  }

  /**
   * Called with the batches of a step before any loss of theirs is asked for: the place to tell a
   * batch what it must know of the others, such as by how much a second loss is divided that {@link
   * #count} does not count. The same batches unless said otherwise.
   *
   * @return as many batches, in order
   */
  default List<Batch> step(List<Batch> batches) {
    return batches;
  }

  /**
   * Whether the loss of a batch is the sum of those of its examples, so that a batch may be
   * computed in parts; yes unless said otherwise. Where the examples of a batch are compared to
   * each other, it is not.
   */
  default boolean canSplit() {
    return true;
  }

  /** How the model is judged; null, as it is unless said otherwise, if it is not. */
  default Evaluation evaluation() {
    return null;
  }

  /**
   * Called when a run begins, before examples and evaluation are asked for: the place to tokenise
   * texts and to check them.
   *
   * @param listener is told how far tokenising is
   * @throws java.util.concurrent.CancellationException if the thread is interrupted meanwhile
   */
  default void prepare(TrainingListener listener) {}

  /**
   * What a step tells besides its loss, by the name that it has in the log: {@link #loss} adds to
   * it. A run asks once when it begins, after {@link #prepare}, and closes them when it ends.
   * Nothing unless said otherwise.
   */
  default Map<String, RunningMean> figures() {
    return Map.of();
  }

  /**
   * The choices of this task by name, such as the length that texts are cut to. They are logged
   * with the settings of the run, and a run is only resumed with the same. None unless said
   * otherwise.
   */
  default Map<String, Object> settings() {
    return Map.of();
  }

  /**
   * What else the result depends on, such as the names of labels. The names, shapes and values of
   * the parameters, what the examples hold and the names of metrics are known without it.
   */
  default Map<String, String> identity() {
    return Map.of();
  }

  /**
   * The encoder that reads a text of a batch: the only one in the model, unless said otherwise.
   *
   * @param text the name of the text in the batch
   * @throws IllegalStateException if the model has none or several
   */
  default Encoder encoder(String text) {
    return Encoders.only(model());
  }

  /** A batch as the model reads it; it belongs to the innermost open scope. */
  default Inputs inputs(Batch batch) {
    return new Inputs(this, batch);
  }
}
