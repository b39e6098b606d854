package io.github.jaubert.bert.checkpoint;

import io.github.jaubert.tensor.DType;
import java.nio.ByteBuffer;

/** The element types of a safetensors file, and how each becomes single precision. */
enum SafeTensorsType {
  F64(8),
  F32(4),
  F16(2),
  BF16(2),
  F8_E4M3(1),
  F8_E5M2(1),
  I64(8),
  U64(8),
  I32(4),
  U32(4),
  I16(2),
  U16(2),
  I8(1),
  U8(1),
  BOOL(1);

  private final int bytes;

  SafeTensorsType(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes of one element. */
  int bytes() {
    return bytes;
  }

  /** The type of that name in a header, or null. */
  static SafeTensorsType parse(String name) {
    for (SafeTensorsType type : values()) {
      if (type.name().equals(name)) {
        return type;
      }
    }
    return null;
  }

  /** The type that stores a tensor's elements bit for bit. */
  static SafeTensorsType of(DType dtype) {
    return switch (dtype) {
      case F32 -> F32;
      case BF16 -> BF16;
      case F16 -> F16;
      case I32 -> I32;
      case I64 -> I64;
      case BOOL -> BOOL;
    };
  }

  /** Whether {@link #read} knows it. */
  boolean isReadable() {
    return this != F8_E4M3 && this != F8_E5M2;
  }

  /**
   * Reads {@code count} elements of a little-endian buffer into {@code target} from {@code offset}.
   */
  void read(ByteBuffer source, float[] target, int offset, int count) {
    switch (this) {
      case F32 -> {
        source.asFloatBuffer().get(target, offset, count);
        source.position(source.position() + 4 * count);
      }
      case F64 -> {
        for (int i = 0; i < count; i++) {
          target[offset + i] = (float) source.getDouble();
        }
      }
      case F16 -> {
        for (int i = 0; i < count; i++) {
          target[offset + i] = halfToFloat(source.getShort());
        }
      }
      case BF16 -> {
        for (int i = 0; i < count; i++) {
          target[offset + i] = Float.intBitsToFloat(source.getShort() << 16);
        }
      }
      case I64 -> {
        for (int i = 0; i < count; i++) {
          target[offset + i] = source.getLong();
        }
      }
      case U64 -> {
        for (int i = 0; i < count; i++) {
          target[offset + i] = unsignedToFloat(source.getLong());
        }
      }
      case I32 -> {
        for (int i = 0; i < count; i++) {
          target[offset + i] = source.getInt();
        }
      }
      case U32 -> {
        for (int i = 0; i < count; i++) {
          target[offset + i] = source.getInt() & 0xFFFFFFFFL;
        }
      }
      case I16 -> {
        for (int i = 0; i < count; i++) {
          target[offset + i] = source.getShort();
        }
      }
      case U16 -> {
        for (int i = 0; i < count; i++) {
          target[offset + i] = source.getShort() & 0xFFFF;
        }
      }
      case I8 -> {
        for (int i = 0; i < count; i++) {
          target[offset + i] = source.get();
        }
      }
      case U8, BOOL -> {
        for (int i = 0; i < count; i++) {
          target[offset + i] = source.get() & 0xFF;
        }
      }
      default -> throw new IllegalStateException("no conversion from " + this);
    }
  }

  /** IEEE 754 half to single precision, exact; Java 20 has Float.float16ToFloat. */
  static float halfToFloat(short half) {
    int sign = (half & 0x8000) << 16;
    int exponent = (half >>> 10) & 0x1F;
    int mantissa = half & 0x3FF;
    if (exponent == 0x1F) { // infinity and NaN keep their payload
      return Float.intBitsToFloat(sign | 0x7F800000 | mantissa << 13);
    }
    if (exponent == 0) { // zero and subnormal: mantissa times 2^-24, which a single holds exactly
      float magnitude = mantissa * 0x1p-24f;
      return sign == 0 ? magnitude : -magnitude;
    }
    return Float.intBitsToFloat(sign | exponent + 112 << 23 | mantissa << 13);
  }

  private static float unsignedToFloat(long value) {
    if (value >= 0) {
      return value;
    }
    // Halve, keeping the lowest bit sticky so that rounding comes out right, and double again.
    return (float) (value >>> 1 | value & 1) * 2;
  }
}
