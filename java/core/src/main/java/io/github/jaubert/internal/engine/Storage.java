package io.github.jaubert.internal.engine;

import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;

/**
 * A block of device memory that several tensors may share: views, and the copies of handles that
 * the tape keeps for backward. The last one to let go gives the block back.
 */
final class Storage {
  private static final AtomicIntegerFieldUpdater<Storage> OWNERS =
      AtomicIntegerFieldUpdater.newUpdater(Storage.class, "owners");

  private final Backend backend;
  private final int sizeClass;
  private final long address;
  private volatile int owners = 1;
  private volatile int version;

  /**
   * A block of its own.
   *
   * @param address of its first byte
   * @param sizeClass how large it is, in the terms of the allocator
   */
  Storage(Backend backend, long address, int sizeClass) {
    this.backend = backend;
    this.address = address;
    this.sizeClass = sizeClass;
  }

  long address() {
    return address;
  }

  int sizeClass() {
    return sizeClass;
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
    OWNERS.incrementAndGet(this);
  }

  void release() {
    if (OWNERS.decrementAndGet(this) == 0) {
      backend.allocator().release(this);
    }
  }

  /** Whether one tensor alone holds this block, so that it may be overwritten. */
  boolean isExclusive() {
    return owners == 1;
  }
}
