package io.github.jaubert.autograd;

import io.github.jaubert.internal.engine.Tape;

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

  /** Goes back to what was before. */
  @Override
  public void close() {
    if (open) {
      open = false;
      Tape.enable();
    }
  }
}
