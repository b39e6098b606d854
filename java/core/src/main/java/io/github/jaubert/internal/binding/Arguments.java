package io.github.jaubert.internal.binding;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import org.bytedeco.javacpp.LongPointer;

/**
 * The struct of arguments that a native function takes as its last ({@code jb_..._args}), in memory
 * outside the Java heap, one block a thread, so that a call makes no object. Each field has eight
 * bytes, so its place is that of its name in an enum with the struct's names in their order; what
 * is not set is null or 0.
 *
 * <p>Valid until the next struct of the thread begins: it is filled as the last thing before the
 * call, after all memory was allocated.
 */
public final class Arguments {
  private static final int MOST_FIELDS = 32;

  private static final ThreadLocal<Arguments> CURRENT = ThreadLocal.withInitial(Arguments::new);

  private final LongBuffer memory =
      ByteBuffer.allocateDirect(MOST_FIELDS * Long.BYTES)
          .order(ByteOrder.nativeOrder())
          .asLongBuffer();
  private final long address = new LongPointer(memory).address();

  private Arguments() {}

  /** Begins a struct with {@code fields} fields. */
  public static Arguments begin(int fields) {
    Arguments arguments = CURRENT.get();
    for (int i = 0; i < fields; i++) {
      arguments.memory.put(i, 0);
    }
    return arguments;
  }

  /** Sets an address, a whole number or a flag. */
  public Arguments set(Enum<?> field, long value) {
    memory.put(field.ordinal(), value);
    return this;
  }

  /** Sets a number with a fraction. */
  public Arguments set(Enum<?> field, double value) {
    memory.put(field.ordinal(), Double.doubleToRawLongBits(value));
    return this;
  }

  /** Where the struct lies. */
  public long address() {
    return address;
  }
}
