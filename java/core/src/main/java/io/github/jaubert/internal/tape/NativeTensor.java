package io.github.jaubert.internal.tape;

import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.internal.binding.Native;
import io.github.jaubert.internal.memory.Backend;
import io.github.jaubert.internal.memory.Place;
import io.github.jaubert.internal.memory.Storage;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;

/** The one implementation of {@link Tensor}: a handle with values and a place on the tape. */
public final class NativeTensor extends TensorHandle {
  private static final int PRINTED_VALUES = 6;

  private AutogradMeta autograd; // null while no gradient has to do with this tensor
  private WeightCopy narrow; // null until a layer computes in another type than this weight's

  private NativeTensor(Storage storage, long offset, Shape shape, DType dtype) {
    super(storage, offset, shape, dtype);
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
    return engineOwned(backend, dtype, shape, Place.FRONT);
  }

  /** The same in memory from one end of what is free. */
  static NativeTensor engineOwned(Backend backend, DType dtype, Shape shape, Place place) {
    long bytes = Math.multiplyExact(shape.numel(), dtype.bytes());
    return new NativeTensor(backend.allocator().allocate(bytes, place), 0, shape, dtype);
  }

  /** The same, but also during a capture in memory that the program may use after it. */
  public static NativeTensor outsideOfCaptures(
      Backend backend, DType dtype, Shape shape, Place place) {
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
    return share(0, shape());
  }

  private NativeTensor share(long start, Shape newShape) {
    return new NativeTensor(retained(), offsetOf(start), newShape, dtype());
  }

  private NativeTensor register() {
    moveTo(Region.current());
    return this;
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

  /**
   * Notes that the memory is overwritten, so that a tape that still needs the old values refuses to
   * run.
   */
  public NativeTensor touch() {
    noteOverwritten();
    return this;
  }

  // ---- weights in the type of activations ----

  /**
   * The values of this weight in another type: a handle that the caller closes, without a record,
   * as the gradient is the weight's own business. What belongs to no scope, as parameters do, keeps
   * the copy in 16 bits for the next time.
   */
  public NativeTensor converted(DType dtype) {
    if (region() == null && !hasHistory() && dtype() == DType.F32 && dtype == DType.BF16) {
      synchronized (this) {
        if (narrow == null) {
          narrow = new WeightCopy(this, dtype);
        }
        return narrow.current();
      }
    }
    NativeTensor copy = allocateLike(dtype, shape());
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
    if (!other.shape().equals(shape()) || other.dtype() != dtype()) {
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
    Native.check(Kernels.jb_fill(context(), dtype().ordinal(), address(), numel(), value));
    return this;
  }

  // ---- other devices ----

  /** A copy on another device that belongs to the innermost region or else to the caller. */
  public NativeTensor copyOn(Backend target) {
    NativeTensor there = allocate(target, dtype(), shape());
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
    if (!isExclusive()) {
      throw new IllegalStateException(
          summary()
              + " cannot move from "
              + device()
              + " to "
              + target.name()
              + ": a view shares its memory, or a computation whose backward has not run needs it, or a captured step does");
    }
    NativeTensor there = engineOwned(target, dtype(), shape());
    DeviceCopy.copy(there, this);
    return there;
  }

  /** Takes the memory of a copy in place of its own; a gradient follows. */
  public void adopt(NativeTensor copy) {
    freeCopy();
    replaceMemory(copy);
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
    if (required && !dtype().isFloatingPoint()) {
      throw new IllegalArgumentException(
          "requiresGrad: a tensor of type " + dtype() + " has no gradient");
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
    return view(0, shape());
  }

  /** What the tape keeps of this tensor; made when it is first needed. */
  public AutogradMeta autograd() {
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

  @Override
  void freeCompanions() {
    if (autograd != null) {
      autograd.close();
    }
    freeCopy();
  }

  private void freeCopy() {
    if (narrow != null) {
      narrow.close();
      narrow = null;
    }
  }

  /** As {@code Tensor F32 [8, 384] on cpu {0.12, -0.5, ...}}. */
  @Override
  public String toString() {
    if (isClosed()) {
      return "Tensor " + summary() + " (closed)";
    }
    if (backend().isCapturing()) {
      return "Tensor " + summary() + " on " + backend().name() + " (being captured)";
    }
    int shown = (int) Math.min(numel(), PRINTED_VALUES);
    NativeTensor head = share(0, Shape.of(shown));
    try {
      return "Tensor %s on %s {%s%s}"
          .formatted(
              summary(), backend().name(), HostArrays.text(head), shown < numel() ? ", ..." : "");
    } finally {
      head.close();
    }
  }
}
