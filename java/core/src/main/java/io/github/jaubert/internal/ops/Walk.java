package io.github.jaubert.internal.ops;

import io.github.jaubert.tensor.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import org.bytedeco.javacpp.LongPointer;

/**
 * The sizes and strides that a kernel walks several tensors by. They are written to memory outside
 * the Java heap, one block a thread, and handed over by address, since JNI would copy each array of
 * a call. Valid until the next walk of the thread begins.
 */
final class Walk {
  private static final int MOST_OPERANDS = 4;

  private static final ThreadLocal<Walk> CURRENT = ThreadLocal.withInitial(Walk::new);

  private final LongBuffer memory =
      ByteBuffer.allocateDirect((1 + MOST_OPERANDS) * Shape.MAX_RANK * Long.BYTES)
          .order(ByteOrder.nativeOrder())
          .asLongBuffer();
  private final long address = new LongPointer(memory).address();

  private Shape shape;
  private int length;

  private Walk() {}

  /** Begins a walk over the elements of {@code shape}. */
  static Walk over(Shape shape) {
    Walk walk = CURRENT.get();
    walk.shape = shape;
    for (int i = 0; i < shape.rank(); i++) {
      walk.memory.put(i, shape.size(i));
    }
    walk.length = shape.rank();
    return walk;
  }

  int rank() {
    return shape.rank();
  }

  /** The address of the sizes. */
  long sizes() {
    return address;
  }

  /** Writes strides, one an axis; returns their address. */
  long strides(long[] strides) {
    int start = length;
    for (int i = 0; i < strides.length; i++) {
      memory.put(start + i, strides[i]);
    }
    length += strides.length;
    return addressOf(start);
  }

  /**
   * Writes the strides that walk a contiguous tensor stretched from {@code operand} to the shape of
   * this walk, 0 along a stretched axis; returns their address.
   */
  long stretched(Shape operand) {
    int start = length;
    int missing = shape.rank() - operand.rank();
    long stride = 1;
    for (int i = shape.rank() - 1; i >= 0; i--) {
      long size = i < missing ? 1 : operand.size(i - missing);
      boolean stretches = i < missing || size == 1 && shape.size(i) != 1;
      memory.put(start + i, stretches ? 0 : stride);
      stride *= size;
    }
    length += shape.rank();
    return addressOf(start);
  }

  private long addressOf(int index) {
    return address + (long) index * Long.BYTES;
  }
}
