package io.github.jaubert.internal.engine;

import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;
import java.util.Set;

/**
 * The one implementation of {@link Tensor}: a contiguous stretch of a {@link Storage}, and its
 * place on the tape.
 *
 * <p>A handle is owned by exactly one of: a {@link Region}; a caller (no region, watched for
 * leaks); or the engine itself (the tape's saved tensors and gradients on their way), which closes
 * it without fail.
 */
public final class NativeTensor implements Tensor {
  private static final int PRINTED_VALUES = 6;

  private Storage storage; // another one after a move to another device
  private long offset;
  private final Shape shape;
  private final DType dtype;

  private Region region; // once closed: the one that closed it, or null
  private int indexInRegion;
  private boolean closed;
  private Leak leak;

  private AutogradMeta autograd; // null while no gradient has to do with this tensor
  private WeightCopy narrow; // null until a layer computes in another type than this weight's

  private NativeTensor(Storage storage, long offset, Shape shape, DType dtype) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.dtype = dtype;
  }

  // ---- making one ----

  /**
   * A tensor with memory of its own, not cleared, that belongs to the innermost region or else to
   * the caller.
   */
  public static NativeTensor allocate(Backend backend, DType dtype, Shape shape) {
    return engineOwned(backend, dtype, shape).register();
  }

  /** The same beside this tensor, on its device. */
  public NativeTensor allocateLike(DType type, Shape newShape) {
    return allocate(backend(), type, newShape);
  }

  /** A tensor that the engine itself will close. */
  static NativeTensor engineOwned(Backend backend, DType dtype, Shape shape) {
    return engineOwned(backend, dtype, shape, LargeBlocks.Place.FRONT);
  }

  /** The same in memory from one end of what is free. */
  static NativeTensor engineOwned(
      Backend backend, DType dtype, Shape shape, LargeBlocks.Place place) {
    long bytes = Math.multiplyExact(shape.numel(), dtype.bytes());
    return new NativeTensor(backend.allocator().allocate(bytes, place), 0, shape, dtype);
  }

  /** The same, but also during a capture in memory that the program may use after it. */
  static NativeTensor outsideOfCaptures(
      Backend backend, DType dtype, Shape shape, LargeBlocks.Place place) {
    long bytes = Math.multiplyExact(shape.numel(), dtype.bytes());
    return new NativeTensor(
        backend.allocator().allocateOutsideOfCaptures(bytes, place), 0, shape, dtype);
  }

  /** Another shape over the same memory, from element {@code start} on. */
  public NativeTensor view(long start, Shape newShape) {
    return share(start, newShape).register();
  }

  /** A second handle to the same memory that the engine will close. */
  NativeTensor alias() {
    return share(0, shape);
  }

  private NativeTensor share(long start, Shape newShape) {
    requireOpen();
    storage.retain();
    return new NativeTensor(storage, offset + start * dtype.bytes(), newShape, dtype);
  }

  private NativeTensor register() {
    moveTo(Region.current());
    return this;
  }

  void moveTo(Region destination) {
    if (region != null) {
      region.remove(indexInRegion);
    }
    region = destination;
    if (destination != null) {
      indexInRegion = destination.add(this);
    } else if (leak == null) {
      leak = Leak.ofTensor(this);
    }
  }

  /**
   * The implementation behind an operand.
   *
   * @throws IllegalStateException if it was closed
   */
  public static NativeTensor of(Tensor tensor) {
    if (tensor instanceof NativeTensor nativeTensor) {
      nativeTensor.requireOpen();
      return nativeTensor;
    }
    if (tensor == null) {
      throw new NullPointerException("an operand is null");
    }
    throw new IllegalArgumentException(
        tensor.getClass().getName() + " is not a tensor of this library");
  }

  // ---- what it is ----

  @Override
  public Shape shape() {
    return shape;
  }

  @Override
  public DType dtype() {
    return dtype;
  }

  @Override
  public Device device() {
    return backend().device();
  }

  /** What this tensor's operations run on. */
  public Backend backend() {
    return storage.backend();
  }

  /** The {@code jb_ctx} of the device. */
  public long context() {
    return storage.backend().context();
  }

  /** The device address of the first element. */
  public long address() {
    requireOpen();
    Capture capture = storage.backend().capture();
    if (capture != null) {
      capture.uses(storage);
    }
    return storage.address() + offset;
  }

  Region region() {
    return region;
  }

  boolean isExclusive() {
    return storage.isExclusive();
  }

  /** Whether it lies in the memory of captured steps. */
  boolean isCaptured() {
    return storage.backend().allocator().isCaptured(storage);
  }

  /**
   * Notes that the memory is overwritten, so that a tape that still needs the old values refuses to
   * run.
   */
  public NativeTensor touch() {
    storage.touch();
    return this;
  }

  int version() {
    return storage.version();
  }

  boolean isIn(Set<Storage> blocks) {
    return blocks.contains(storage);
  }

  // ---- weights in the type of activations ----

  /**
   * The values of this weight in another type: a handle that the caller closes, without a record,
   * as the gradient is the weight's own business. What belongs to no scope, as parameters do, keeps
   * the copy in 16 bits for the next time.
   */
  public NativeTensor converted(DType type) {
    if (region == null && !hasHistory() && dtype == DType.F32 && type == DType.BF16) {
      synchronized (this) {
        if (narrow == null) {
          narrow = new WeightCopy(this, type);
        }
        return narrow.current();
      }
    }
    NativeTensor copy = allocateLike(type, shape);
    DeviceCopy.convert(copy, this);
    return copy;
  }

  /**
   * Notes that an optimizer overwrites this weight, together with its copy in 16 bits if there is
   * one that is up to date.
   *
   * @return the address of the copy, or 0
   */
  public synchronized long touchWithCopy() {
    boolean both = narrow != null && narrow.isCurrent();
    touch();
    if (!both) {
      return 0;
    }
    narrow.follow();
    return narrow.address();
  }

  void requireOpen() {
    if (closed) {
      throw new IllegalStateException(
          "tensor " + shape + " was freed " + (region == null ? "by close()" : region.closing()));
    }
  }

  // ---- reading and overwriting ----

  @Override
  public float item() {
    return HostArrays.item(this);
  }

  @Override
  public float[] toFloats() {
    return HostArrays.floats(this);
  }

  @Override
  public int[] toInts() {
    return HostArrays.ints(this);
  }

  @Override
  public long[] toLongs() {
    return HostArrays.longs(this);
  }

  @Override
  public boolean[] toBooleans() {
    return HostArrays.booleans(this);
  }

  @Override
  public Tensor copyFrom(Tensor source) {
    NativeTensor other = of(source);
    if (!other.shape.equals(shape) || other.dtype != dtype) {
      throw new IllegalArgumentException(
          "copyFrom: this is " + summary() + ", the source is " + other.summary());
    }
    touch();
    DeviceCopy.copy(this, other);
    return this;
  }

  @Override
  public Tensor copyFrom(float[] values) {
    HostArrays.overwrite(this, values);
    return this;
  }

  @Override
  public Tensor copyFrom(int[] values) {
    HostArrays.overwrite(this, values);
    return this;
  }

  @Override
  public Tensor fill(float value) {
    touch();
    Native.check(Kernels.jb_fill(context(), dtype.ordinal(), address(), numel(), value));
    return this;
  }

  // ---- other devices ----

  /** A copy on another device that belongs to the innermost region or else to the caller. */
  public NativeTensor copyOn(Backend target) {
    NativeTensor there = allocate(target, dtype, shape);
    DeviceCopy.copy(there, this);
    return there;
  }

  /**
   * A copy on another device for {@link #adopt}.
   *
   * @throws IllegalStateException if this tensor's memory is shared, so that it cannot move
   */
  public NativeTensor copyToAdopt(Backend target) {
    requireOpen();
    if (!storage.isExclusive()) {
      throw new IllegalStateException(
          summary()
              + " cannot move from "
              + device()
              + " to "
              + target.device()
              + ": a view shares its memory, or a computation whose backward has not run needs it, or a captured step does");
    }
    NativeTensor there = engineOwned(target, dtype, shape);
    DeviceCopy.copy(there, this);
    return there;
  }

  /** Takes the memory of a copy in place of its own; a gradient follows. */
  public void adopt(NativeTensor copy) {
    freeCopy();
    Storage left = storage;
    storage = copy.storage;
    offset = copy.offset;
    left.release();
    if (autograd != null) {
      autograd.moveGradient();
    }
  }

  /** Gives up a copy that was not adopted. */
  public void discard() {
    free();
  }

  // ---- gradients ----

  @Override
  public boolean requiresGrad() {
    return autograd != null && autograd.requiresGrad();
  }

  @Override
  public Tensor requiresGrad(boolean required) {
    requireOpen();
    if (hasHistory()) {
      throw new IllegalStateException(
          "requiresGrad: "
              + summary()
              + " is the result of "
              + producer().name()
              + "; only a leaf can be switched");
    }
    if (required && !dtype.isFloatingPoint()) {
      throw new IllegalArgumentException(
          "requiresGrad: a tensor of type " + dtype + " has no gradient");
    }
    if (required || autograd != null) {
      autograd().requireGrad(required);
    }
    return this;
  }

  @Override
  public Tensor grad() {
    return autograd == null ? null : autograd.gradient();
  }

  @Override
  public void zeroGrad() {
    if (autograd != null) {
      autograd.freeGradient();
    }
  }

  @Override
  public Tensor detach() {
    return view(0, shape);
  }

  /** What the tape keeps of this tensor; made when it is first needed. */
  AutogradMeta autograd() {
    if (autograd == null) {
      autograd = new AutogradMeta(this);
    }
    return autograd;
  }

  /** Whether a recorded operation made this tensor. */
  boolean hasHistory() {
    return producer() != null;
  }

  /** The operation that made this tensor, or null. */
  Tape.Node producer() {
    return autograd == null ? null : autograd.producer();
  }

  // ---- lifetime ----

  @Override
  public Tensor unscoped() {
    requireOpen();
    if (region != null) {
      moveTo(null);
    }
    return this;
  }

  @Override
  public boolean isClosed() {
    return closed;
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    if (region != null) {
      region.remove(indexInRegion);
      region = null;
    }
    free();
  }

  void closeByRegion() {
    free();
  }

  private void free() {
    closed = true;
    if (leak != null) {
      leak.done();
      leak = null;
    }
    if (autograd != null) {
      autograd.close();
    }
    freeCopy();
    storage.release();
  }

  private void freeCopy() {
    if (narrow != null) {
      narrow.close();
      narrow = null;
    }
  }

  /** Type and shape, for messages. */
  public String summary() {
    return dtype + " " + shape;
  }

  /** As {@code Tensor F32 [8, 384] on cpu {0.12, -0.5, ...}}. */
  @Override
  public String toString() {
    if (closed) {
      return "Tensor " + summary() + " (closed)";
    }
    if (backend().isCapturing()) {
      return "Tensor " + summary() + " on " + device().name() + " (being captured)";
    }
    int shown = (int) Math.min(numel(), PRINTED_VALUES);
    NativeTensor head = share(0, Shape.of(shown));
    try {
      return "Tensor %s on %s {%s%s}"
          .formatted(
              summary(), device().name(), HostArrays.text(head), shown < numel() ? ", ..." : "");
    } finally {
      head.close();
    }
  }
}
