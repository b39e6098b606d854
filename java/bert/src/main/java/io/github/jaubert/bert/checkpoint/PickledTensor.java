package io.github.jaubert.bert.checkpoint;

import io.github.jaubert.tensor.Shape;
import java.util.List;
import java.util.Map;

/**
 * A tensor of a pickle: a view of a storage.
 *
 * @param offset its first element in the storage
 * @param strides elements from one to the next along each axis
 * @param span elements of the storage from the first of the tensor to one past its last
 */
record PickledTensor(Storage storage, long offset, Shape shape, long[] strides, long span) {
  private static final int MOST_AXES = 16;

  /** Types of storages by PyTorch's name. */
  static final Map<String, SafeTensorsType> STORAGES =
      Map.of(
          "FloatStorage", SafeTensorsType.F32,
          "DoubleStorage", SafeTensorsType.F64,
          "HalfStorage", SafeTensorsType.F16,
          "BFloat16Storage", SafeTensorsType.BF16,
          "LongStorage", SafeTensorsType.I64,
          "IntStorage", SafeTensorsType.I32,
          "ShortStorage", SafeTensorsType.I16,
          "CharStorage", SafeTensorsType.I8,
          "ByteStorage", SafeTensorsType.U8,
          "BoolStorage", SafeTensorsType.BOOL);

  /**
   * Elements in a record of their own.
   *
   * @param key names the record
   */
  record Storage(SafeTensorsType type, String key, long elements) {}

  /**
   * The tensor of what {@code torch._utils._rebuild_tensor_v2} is called with.
   *
   * @throws IllegalArgumentException if it reaches beyond its storage, or says more elements than
   *     that has
   */
  static PickledTensor of(Object storage, Object offset, Object sizes, Object strides) {
    if (!(storage instanceof Storage elements)) {
      throw new IllegalArgumentException("a tensor without a storage");
    }
    long first = natural(offset, "storage offset");
    long[] shape = naturals(sizes, "size");
    long[] steps = naturals(strides, "stride");
    if (shape.length != steps.length) {
      throw new IllegalArgumentException(
          "a tensor of " + shape.length + " sizes and " + steps.length + " strides");
    }
    try {
      long count = 1;
      long last = 0;
      boolean empty = false;
      for (int i = 0; i < shape.length; i++) {
        empty |= shape[i] == 0;
        count = Math.multiplyExact(count, Math.max(1, shape[i]));
        last = Math.addExact(last, Math.multiplyExact(Math.max(0, shape[i] - 1), steps[i]));
      }
      long span = empty ? 0 : last + 1;
      if (Math.addExact(first, span) > elements.elements()
          || count > elements.elements() && !empty) {
        throw new IllegalArgumentException(
            "a tensor %s with strides %s from element %d on does not fit in its storage of %d elements"
                .formatted(Shape.of(shape), Shape.of(steps), first, elements.elements()));
      }
      return new PickledTensor(elements, first, Shape.of(shape), steps, span);
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException("a tensor of more than 2^63 elements", e);
    }
  }

  private static long natural(Object value, String what) {
    if (!(value instanceof Long number) || number < 0) {
      throw new IllegalArgumentException(
          "the %s %s, no number from 0 on".formatted(what, Pickle.describe(value)));
    }
    return number;
  }

  private static long[] naturals(Object tuple, String what) {
    if (!(tuple instanceof Pickle.Tuple values) || values.items().size() > MOST_AXES) {
      throw new IllegalArgumentException(
          "a %s that is no tuple of up to %d numbers".formatted(what, MOST_AXES));
    }
    List<Object> items = values.items();
    return items.stream().mapToLong(item -> natural(item, what)).toArray();
  }

  /** Bytes of the elements alone. */
  long bytes() {
    return shape.numel() * storage.type().bytes();
  }

  /** Whether the elements lie one behind the other in the order of the shape. */
  boolean isContiguous() {
    return span == shape.numel() && isRowMajor();
  }

  private boolean isRowMajor() {
    long step = 1;
    for (int i = strides.length - 1; i >= 0; i--) {
      if (shape.size(i) != 1 && strides[i] != step) {
        return false;
      }
      step *= shape.size(i);
    }
    return true;
  }

  /** The elements in the order of the shape, of those of the storage from the first one on. */
  float[] gather(float[] spanned) {
    float[] values = new float[(int) shape.numel()];
    long[] index = new long[strides.length];
    long at = 0;
    for (int i = 0; i < values.length; i++) {
      values[i] = spanned[(int) at];
      for (int axis = index.length - 1; axis >= 0; axis--) {
        at += strides[axis];
        if (++index[axis] < shape.size(axis)) {
          break;
        }
        at -= strides[axis] * shape.size(axis);
        index[axis] = 0;
      }
    }
    return values;
  }
}
