package io.github.jaubert.internal.engine;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * A block of device memory that several tensors may share: views, and the copies of handles that
 * the tape keeps for backward. The last one to let go gives the block back.
 */
final class Storage {
  private final Backend backend;
  private final Allocator.Block block;
  private final AtomicInteger owners = new AtomicInteger(1);
  private volatile int version;

  Storage(Backend backend, long bytes) {
    this.backend = backend;
    this.block = backend.allocator().allocate(bytes);
  }

  long address() {
    return block.address();
  }

  Backend backend() {
    return backend;
  }

  /**
   * Counts the times the block was overwritten, so that the tape can tell whether what it saved is
   * still what it was.
   */
  int version() {
    return version;
  }

  synchronized void touch() {
    version++;
  }

  void retain() {
    owners.incrementAndGet();
  }

  void release() {
    if (owners.decrementAndGet() == 0) {
      backend.allocator().release(block);
    }
  }

  /** Whether one tensor alone holds this block, so that it may be overwritten. */
  boolean isExclusive() {
    return owners.get() == 1;
  }
}
