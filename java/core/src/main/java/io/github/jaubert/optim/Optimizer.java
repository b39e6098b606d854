package io.github.jaubert.optim;

import io.github.jaubert.tensor.Tensor;
import java.util.List;
import java.util.Map;

/**
 * Changes parameters along their gradients. Mutable, for one thread. It owns the memory of its
 * state; closing it leaves the parameters alone.
 */
public interface Optimizer extends AutoCloseable {
  /**
   * Takes one step with every parameter that has a gradient, and clears the gradients. If the
   * global norm of the gradients is not finite, no parameter changes. Nothing waits for the device.
   *
   * @throws IllegalArgumentException if {@code learningRate} is negative or not finite
   * @throws IllegalStateException if no parameter has a gradient
   */
  void step(float learningRate);

  /** Takes one step with {@link #learningRate()}. */
  default void step() {
    step(learningRate());
  }

  /** The learning rate this optimizer was made with. */
  float learningRate();

  /** The parameters it changes, and how. */
  List<ParameterGroup> groups();

  /** Clears the gradients of all parameters without a step. */
  void zeroGrad();

  /**
   * The Euclidean norm over all gradients of the last step, before clipping: one number, which
   * belongs to the optimizer and is overwritten by the next step. Reading it waits for the device.
   */
  Tensor gradNorm();

  /** How many steps were taken. */
  long steps();

  /**
   * All that is needed to go on later as if there had been no pause, by name: {@code steps}, and
   * for each parameter that was ever changed {@code NAME.exp_avg}, {@code NAME.exp_avg_sq} and
   * {@code NAME.step}. The tensors belong to the optimizer and change with its next step.
   */
  Map<String, Tensor> state();

  /**
   * Goes to a state that {@link #state} gave for parameters of the same names and shapes; the
   * values are copied.
   *
   * @throws IllegalArgumentException if a name or shape does not fit; nothing is changed then
   */
  void restore(Map<String, Tensor> state);

  /** Frees the state. */
  @Override
  void close();
}
