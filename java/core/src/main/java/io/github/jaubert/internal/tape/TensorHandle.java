package io.github.jaubert.internal.tape;

import io.github.jaubert.internal.memory.Backend;
import io.github.jaubert.internal.memory.CallSite;
import io.github.jaubert.internal.memory.Leak;
import io.github.jaubert.internal.memory.Storage;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;
import java.util.Set;

/**
 * A contiguous stretch of a {@link Storage}, and who frees it. A handle is owned by exactly one of:
 * a {@link Region}; a caller (no region, watched for leaks); or the engine itself (the tape's saved
 * tensors and gradients on their way), which closes it without fail.
 */
abstract class TensorHandle implements Tensor {
  private Storage storage; // another one after a move to another device
  private long offset;
  private final Shape shape;
  private final DType dtype;

  private Region region; // once closed: the one that closed it, or null
  private int indexInRegion;
  private boolean closed;
  private Leak leak;

  TensorHandle(Storage storage, long offset, Shape shape, DType dtype) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.dtype = dtype;
  }

  // ---- what it is ----

  @Override
  public final Shape shape() {
    return shape;
  }

  @Override
  public final DType dtype() {
    return dtype;
  }

  @Override
  public final Device device() {
    return Device.of(backend().name());
  }

  /** What this tensor's operations run on. */
  public final Backend backend() {
    return storage.backend();
  }

  /** The {@code jb_ctx} of the device. */
  public final long context() {
    return storage.backend().context();
  }

  /** The device address of the first element. */
  public final long address() {
    requireOpen();
    return storage.use() + offset;
  }

  /** Type and shape, for messages. */
  public final String summary() {
    return dtype + " " + shape;
  }

  // ---- the memory ----

  /** The block, for one more handle that holds it. */
  final Storage retained() {
    requireOpen();
    storage.retain();
    return storage;
  }

  /** How many bytes behind the block's begin element {@code index} lies. */
  final long offsetOf(long index) {
    return offset + index * dtype.bytes();
  }

  /** Takes the memory of another handle, which is given up, in place of its own. */
  final void replaceMemory(TensorHandle other) {
    Storage left = storage;
    storage = other.storage;
    offset = other.offset;
    left.release();
  }

  final boolean isExclusive() {
    return storage.isExclusive();
  }

  /** Whether it lies in the memory of captured steps. */
  final boolean isCaptured() {
    return storage.backend().allocator().isCaptured(storage);
  }

  /** Whether its memory is one of these blocks. */
  public final boolean isIn(Set<Storage> blocks) {
    return blocks.contains(storage);
  }

  final void noteOverwritten() {
    storage.touch();
  }

  /** See {@link Storage#version}. */
  public final int version() {
    return storage.version();
  }

  // ---- lifetime ----

  final Region region() {
    return region;
  }

  final void moveTo(Region destination) {
    if (region != null) {
      region.remove(indexInRegion);
    }
    region = destination;
    if (destination != null) {
      indexInRegion = destination.add(this);
    } else if (leak == null) {
      leak = new Leak(this, "tensor", shape, CallSite.current());
    }
  }

  @Override
  public final Tensor unscoped() {
    requireOpen();
    if (region != null) {
      moveTo(null);
    }
    return this;
  }

  /**
   * Refuses a tensor that was closed.
   *
   * @throws IllegalStateException if it was; the message says by what
   */
  public final void requireOpen() {
    if (closed) {
      throw new IllegalStateException(
          "tensor " + shape + " was freed " + (region == null ? "by close()" : region.closing()));
    }
  }

  @Override
  public final boolean isClosed() {
    return closed;
  }

  @Override
  public final void close() {
    if (closed) {
      return;
    }
    if (region != null) {
      region.remove(indexInRegion);
      region = null;
    }
    free();
  }

  /** {@link #close} by the region, which lets go of all its members together. */
  final void free() {
    closed = true;
    if (leak != null) {
      leak.done();
      leak = null;
    }
    freeCompanions();
    storage.release();
  }

  /** Frees what the tensor owns besides its own memory. */
  abstract void freeCompanions();
}
