package io.github.jaubert.tensor;

import io.github.jaubert.internal.tape.NativeTensor;
import io.github.jaubert.internal.tape.Region;

/**
 * Frees, when it closes, every tensor that was made in its thread while it was the innermost open
 * scope.
 *
 * <pre>{@code
 * try (Scope step = Scope.open()) {
 *   Tensor loss = F.crossEntropy(model.forward(batch), labels);
 *   loss.backward();
 * }
 * }</pre>
 *
 * <p>Parameters, their gradients and optimizer state belong to their layer or optimizer and are
 * never caught. Scopes nest and close in reverse order of opening, in the thread that opened them.
 * A scope that is never closed is named in the log.
 */
public final class Scope implements AutoCloseable {
  private final Region region;

  private Scope(Region region) {
    this.region = region;
  }

  /** Opens a scope inside the one that is open in this thread, if any. */
  public static Scope open() {
    return new Scope(Region.open());
  }

  /**
   * Moves a tensor of this scope to the scope outside, or to the caller if there is none.
   *
   * @return the tensor
   * @throws IllegalArgumentException if it does not belong to this scope
   */
  public Tensor keep(Tensor tensor) {
    region.keep(NativeTensor.of(tensor));
    return tensor;
  }

  /**
   * Frees what belongs to this scope, and drops what was recorded in it for gradients unless a kept
   * tensor may need it.
   *
   * @throws IllegalStateException if a scope opened inside this one is still open, or from another
   *     thread
   */
  @Override
  public void close() {
    region.close();
  }
}
