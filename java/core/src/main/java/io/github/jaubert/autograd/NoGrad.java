package io.github.jaubert.autograd;

import io.github.jaubert.internal.tape.Tape;

/**
 * Switches off, in this thread and until it closes, the recording of operations for gradients; for
 * inference and evaluation.
 *
 * <pre>{@code
 * try (NoGrad off = NoGrad.open(); Scope scope = Scope.open()) {
 *   ...
 * }
 * }</pre>
 */
public final class NoGrad implements AutoCloseable {
  private final Thread thread = Thread.currentThread();
  private boolean open = true;

  private NoGrad() {}

  /** Switches recording off; calls nest. */
  public static NoGrad open() {
    Tape.disable();
    return new NoGrad();
  }

  /** Whether recording is off in this thread. */
  public static boolean active() {
    return Tape.isDisabled();
  }

  /**
   * Goes back to what was before. Closing twice does nothing.
   *
   * @throws IllegalStateException in another thread than the one it was opened in
   */
  @Override
  public void close() {
    if (open) {
      if (thread != Thread.currentThread()) {
        throw new IllegalStateException(
            "this NoGrad belongs to thread "
                + thread.getName()
                + ", not to "
                + Thread.currentThread().getName());
      }
      open = false;
      Tape.enable();
    }
  }
}
