package io.github.jaubert.tensor;

/** The type of a tensor's elements. The order is that of {@code jb_dtype} in the C ABI. */
public enum DType {
  /** IEEE 754 single precision: what every layer computes in on the CPU. */
  F32(4),
  /** bfloat16: the upper half of a single, for storage and for matrix units. */
  BF16(2),
  /** IEEE 754 half precision, for storage and for matrix units. */
  F16(2),
  /** 32-bit integer: token ids, labels, indices. */
  I32(4),
  /** 64-bit integer: indices that reductions such as argmax return. */
  I64(8),
  /** One byte, 0 or 1: what comparisons return. */
  BOOL(1);

  private final int bytes;

  DType(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }

  /** Whether gradients can flow through tensors of this type. */
  public boolean isFloatingPoint() {
    return this == F32 || this == BF16 || this == F16;
  }
}
