package io.github.jaubert.tensor;

/**
 * The type of a tensor's elements. The order is that of {@code jb_dtype} in the C ABI.
 *
 * <p>Operations take denormal numbers of F32 and BF16, those below {@link Float#MIN_NORMAL}, for 0
 * of their sign, and no result is one, on every device; a matrix product of a GPU is cuBLAS's and
 * may differ. What only moves elements, such as a permutation or a copy to the host, keeps them.
 */
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
