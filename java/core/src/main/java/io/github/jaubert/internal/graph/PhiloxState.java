package io.github.jaubert.internal.graph;

/**
 * The state of a source of random numbers, mutable: the key of Philox, and the counter that its
 * next use takes. {@code Rng} is what the program sees of it.
 */
public final class PhiloxState {
  private long seed;
  private long offset;

  /** Offset 0 of a seed. */
  public PhiloxState(long seed) {
    this.seed = seed;
  }

  /** The seed. */
  public long seed() {
    return seed;
  }

  /** The offset that the next use will take. */
  public long offset() {
    return offset;
  }

  /** Takes an offset. */
  public long next() {
    return offset++;
  }

  /** Goes to another state. */
  public void set(long seed, long offset) {
    this.seed = seed;
    this.offset = offset;
  }
}
