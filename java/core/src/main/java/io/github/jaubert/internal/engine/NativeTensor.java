package io.github.jaubert.internal.engine;

import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;

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

  private final Storage storage;
  private final long offset;
  private final Shape shape;
  private final DType dtype;

  private Region region;
  private int indexInRegion;
  private Region closedBy;
  private boolean closed;
  private Region.Leak leak;

  private boolean requiresGrad;
  private Tape.Node producer;
  private NativeTensor pending;
  private NativeTensor gradient;
  private boolean gradientValid;

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
    long bytes = Math.multiplyExact(shape.numel(), dtype.bytes());
    return new NativeTensor(new Storage(backend, bytes), 0, shape, dtype);
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
      leak = Region.watch(this, "tensor " + shape);
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
    return storage.address() + offset;
  }

  Region region() {
    return region;
  }

  boolean isExclusive() {
    return storage.isExclusive();
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

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException(
          "tensor "
              + shape
              + " was freed "
              + (closedBy == null
                  ? "by close()"
                  : "when its scope closed at " + closedBy.closedAt()));
    }
  }

  // ---- reading and overwriting ----

  @Override
  public float item() {
    if (numel() != 1) {
      throw new IllegalArgumentException(
          "item: shape " + shape + " holds " + numel() + " elements, not one");
    }
    return switch (dtype) {
      case I32 -> toInts()[0];
      case I64 -> toLongs()[0];
      case BOOL -> toBooleans()[0] ? 1 : 0;
      default -> toFloats()[0];
    };
  }

  @Override
  public float[] toFloats() {
    float[] host = new float[heapLength()];
    switch (dtype) {
      case F32 -> Native.check(Kernels.jb_read_floats(context(), host, address(), host.length));
      case BF16, F16 -> {
        NativeTensor wide = engineOwned(backend(), DType.F32, shape);
        try {
          Native.check(
              Kernels.jb_cast(
                  context(), wide.address(), Kernels.JB_F32, address(), dtype.ordinal(), numel()));
          return wide.toFloats();
        } finally {
          wide.close();
        }
      }
      default -> throw wrongType("toFloats", "a floating-point type");
    }
    return host;
  }

  @Override
  public int[] toInts() {
    if (dtype != DType.I32) {
      throw wrongType("toInts", "I32");
    }
    int[] host = new int[heapLength()];
    Native.check(Kernels.jb_read_ints(context(), host, address(), host.length));
    return host;
  }

  @Override
  public long[] toLongs() {
    long[] host = new long[heapLength()];
    if (dtype == DType.I32) {
      int[] narrow = toInts();
      for (int i = 0; i < host.length; i++) {
        host[i] = narrow[i];
      }
      return host;
    }
    if (dtype != DType.I64) {
      throw wrongType("toLongs", "I64 or I32");
    }
    Native.check(Kernels.jb_read_longs(context(), host, address(), host.length));
    return host;
  }

  @Override
  public boolean[] toBooleans() {
    if (dtype != DType.BOOL) {
      throw wrongType("toBooleans", "BOOL");
    }
    byte[] bytes = new byte[heapLength()];
    Native.check(Kernels.jb_read_bytes(context(), bytes, address(), bytes.length));
    boolean[] host = new boolean[bytes.length];
    for (int i = 0; i < host.length; i++) {
      host[i] = bytes[i] != 0;
    }
    return host;
  }

  private int heapLength() {
    requireOpen();
    if (numel() > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          "shape " + shape + " has more elements than a Java array can hold");
    }
    return (int) numel();
  }

  private IllegalArgumentException wrongType(String operation, String expected) {
    return new IllegalArgumentException(
        operation + ": the tensor's type is " + dtype + ", expected " + expected);
  }

  @Override
  public Tensor copyFrom(Tensor source) {
    NativeTensor other = of(source);
    if (!other.shape.equals(shape) || other.dtype != dtype) {
      throw new IllegalArgumentException(
          "copyFrom: this is "
              + dtype
              + " "
              + shape
              + ", the source is "
              + other.dtype
              + " "
              + other.shape);
    }
    touch();
    Native.check(Kernels.jb_copy(context(), address(), other.address(), numel() * dtype.bytes()));
    return this;
  }

  @Override
  public Tensor copyFrom(float[] values) {
    if (values.length != numel()) {
      throw new IllegalArgumentException(
          "copyFrom: shape "
              + shape
              + " has "
              + numel()
              + " elements, the array has "
              + values.length);
    }
    if (dtype != DType.F32) {
      throw wrongType("copyFrom", "F32");
    }
    touch();
    Native.check(Kernels.jb_write_floats(context(), address(), values, values.length));
    return this;
  }

  @Override
  public Tensor fill(float value) {
    touch();
    Native.check(Kernels.jb_fill(context(), dtype.ordinal(), address(), numel(), value));
    return this;
  }

  // ---- gradients ----

  @Override
  public boolean requiresGrad() {
    return requiresGrad;
  }

  @Override
  public Tensor requiresGrad(boolean required) {
    requireOpen();
    if (producer != null) {
      throw new IllegalStateException(
          "requiresGrad: "
              + summary()
              + " is the result of "
              + producer.name()
              + "; only a leaf can be switched");
    }
    if (required && !dtype.isFloatingPoint()) {
      throw new IllegalArgumentException(
          "requiresGrad: a tensor of type " + dtype + " has no gradient");
    }
    requiresGrad = required;
    return this;
  }

  @Override
  public Tensor grad() {
    return gradientValid ? gradient : null;
  }

  @Override
  public void zeroGrad() {
    gradientValid = false;
  }

  @Override
  public Tensor detach() {
    return view(0, shape);
  }

  /** Whether a recorded operation made this tensor. */
  boolean hasHistory() {
    return producer != null;
  }

  Tape.Node producer() {
    return producer;
  }

  void producedBy(Tape.Node node) {
    producer = node;
    requiresGrad = true;
  }

  /** The gradient collected so far by a backward pass that is under way, or null. */
  NativeTensor pending() {
    return pending;
  }

  void pending(NativeTensor value) {
    pending = value;
  }

  /** The memory for the gradient of this leaf, made on first need; see {@link #gradientValid}. */
  NativeTensor gradientBuffer() {
    if (gradient == null) {
      gradient = engineOwned(backend(), dtype, shape);
    }
    return gradient;
  }

  /**
   * Whether {@link #gradientBuffer} holds a gradient to add to, rather than old values to
   * overwrite.
   */
  boolean gradientValid() {
    return gradientValid;
  }

  void gradientWritten() {
    gradientValid = true;
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
    closedBy = region;
    region = null;
    free();
  }

  private void free() {
    closed = true;
    if (leak != null) {
      leak.done();
      leak = null;
    }
    if (gradient != null) {
      gradient.close();
      gradient = null;
      gradientValid = false;
    }
    storage.release();
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
    StringBuilder text =
        new StringBuilder("Tensor ").append(summary()).append(" on ").append(device().name());
    text.append(" {");
    int shown = (int) Math.min(numel(), PRINTED_VALUES);
    NativeTensor head = share(0, Shape.of(shown));
    try {
      Object values =
          switch (dtype) {
            case I32 -> head.toInts();
            case I64 -> head.toLongs();
            case BOOL -> head.toBooleans();
            default -> head.toFloats();
          };
      for (int i = 0; i < shown; i++) {
        text.append(i == 0 ? "" : ", ").append(java.lang.reflect.Array.get(values, i));
      }
    } finally {
      head.close();
    }
    return text.append(shown < numel() ? ", ...}" : "}").toString();
  }
}
