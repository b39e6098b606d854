package io.github.jaubert.nn;

/**
 * What a {@link Linear} adds to its product while {@link Linear#attach attached} to it, such as a
 * low-rank change that is trained in place of the weight: {@code forward(x)} gives {@code [...,
 * out]} in the type of {@code x [..., in]}.
 */
public abstract class LinearAdapter extends Layer {
  /** An adapter without parameters or children. */
  protected LinearAdapter() {}

  /** Whether it adds anything at present; {@link #forward} is asked only then. */
  public abstract boolean isActive();
}
