package io.github.jaubert.internal.memory;

import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;

/**
 * A block of device memory that several tensors may share: views, and the copies of handles that
 * the tape keeps for backward. The last one to let go gives the block back.
 */
public final class Storage {
  private static final AtomicIntegerFieldUpdater<Storage> OWNERS =
      AtomicIntegerFieldUpdater.newUpdater(Storage.class, "owners");

  private final Backend backend;
  private final Pool pool;
  private final long address;
  private final long bytes;
  private volatile int owners = 1;
  private volatile int version;

  /**
   * A block of its own.
   *
   * @param pool that it goes back to
   * @param address of its first byte
   * @param bytes as many as the pool took for it
   */
  Storage(Backend backend, Pool pool, long address, long bytes) {
    this.backend = backend;
    this.pool = pool;
    this.address = address;
    this.bytes = bytes;
  }

  long address() {
    return address;
  }

  /** The address of its first byte, which the device is about to get. */
  public long use() {
    Recorder recorder = backend.recorder();
    if (recorder != null) {
      recorder.uses(this);
    }
    return address;
  }

  long bytes() {
    return bytes;
  }

  /** The device that it lies on. */
  public Backend backend() {
    return backend;
  }

  Pool pool() {
    return pool;
  }

  /**
   * Counts the times the block was overwritten, so that the tape can tell whether what it saved is
   * still what it was.
   */
  public int version() {
    return version;
  }

  /** Notes that the block is overwritten. */
  public void touch() {
    Recorder recorder = backend.recorder();
    if (recorder != null) {
      recorder.overwrites(this);
    }
    synchronized (this) {
      version++;
    }
  }

  /** One more owner. */
  public void retain() {
    OWNERS.incrementAndGet(this);
  }

  /** One owner less. */
  public void release() {
    if (OWNERS.decrementAndGet(this) == 0) {
      backend.allocator().release(this);
    }
  }

  /** Whether one tensor alone holds this block, so that it may be overwritten. */
  public boolean isExclusive() {
    return owners == 1;
  }
}
