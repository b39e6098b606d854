package io.github.jaubert.internal.memory;

/** Which end of the free space a large block is taken from; see {@link LargeBlocks}. */
public enum Place {
  /** For most: what is freed soon, and what stays for good. */
  FRONT,
  /** For what backward leaves behind, the gradients of leaves. */
  BACK
}
